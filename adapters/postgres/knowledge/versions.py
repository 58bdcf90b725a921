from typing import Any

import asyncpg
from sqlalchemy import (
    BindParameter,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.knowledge import document_versions, documents
from domain.knowledge.document import Failure, Status, Step, Version
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, FileId, UserId, VersionId

_d, _v = documents.c, document_versions.c
_owner: BindParameter[Any] = bindparam("owner")

_VERSION = tuple(_v.keys())
_ADD_VERSION = Statement(insert(document_versions), _VERSION)
_kept = (
    select(document_versions)
    .join(documents, (_d.user_id == _v.user_id) & (_d.id == _v.document_id))
    .where(_v.user_id == _owner, _d.deleted_at.is_(None))
)
_version = _kept.with_for_update(of=document_versions)
_newer = document_versions.alias()
_is_newest = ~exists().where(
    _newer.c.user_id == _v.user_id,
    _newer.c.document_id == _v.document_id,
    _newer.c.number > _v.number,
)
_LOCK_VERSION = Statement(_version.where(_v.id == bindparam("version"), _is_newest))
_LIVE = Statement(
    _kept.with_only_columns(_v.id).where(
        _v.document_id == bindparam("document"), _is_newest | (_v.id == _d.current_version_id)
    )
)
_NEWEST = Statement(
    _version.where(_v.document_id == bindparam("document")).order_by(_v.number.desc()).limit(1)
)
_SAVE_VERSION = Statement(
    update(document_versions).where(_v.user_id == _owner, _v.id == bindparam("version")), _VERSION
)
_number = func.max(_newer.c.number)
_PURGE_VERSIONS = Statement(
    delete(document_versions)
    .where(_v.user_id == _owner, _v.document_id == bindparam("document"))
    .where(
        _v.number
        < select(_number)
        .where(_newer.c.user_id == _owner, _newer.c.document_id == bindparam("document"))
        .scalar_subquery(),
        ~exists().where(
            _d.user_id == _owner,
            _d.id == bindparam("document"),
            _d.current_version_id == _v.id,
        ),
    )
    .returning(_v.file_id)
)
_STILL_USED = Statement(
    select(_v.file_id).where(
        _v.user_id == _owner,
        _v.file_id == any_(bindparam("files", type_=ARRAY(Uuid))),
    )
)


class PostgresVersions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, version: Version) -> None:
        values = values_of(version, _VERSION)
        await self._database.row(_ADD_VERSION, values, owner=version.user_id)

    async def get(self, owner: UserId, version_id: VersionId) -> Version:
        return await self._one(_LOCK_VERSION, owner, version=version_id)

    async def newest(self, owner: UserId, document_id: DocumentId) -> Version:
        return await self._one(_NEWEST, owner, document=document_id)

    async def live(self, owner: UserId, document_id: DocumentId) -> set[VersionId]:
        values = {"owner": owner, "document": document_id}
        rows = await self._database.rows(_LIVE, values, owner=owner)
        return {VersionId(row["id"]) for row in rows}

    async def save(self, version: Version) -> None:
        values = values_of(version, _VERSION)
        values |= {"owner": version.user_id, "version": version.id}
        await self._database.row(_SAVE_VERSION, values, owner=version.user_id)

    async def purge(self, owner: UserId, document_id: DocumentId) -> list[FileId]:
        values = {"owner": owner, "document": document_id}
        gone = await self._database.rows(_PURGE_VERSIONS, values, owner=owner)
        return await unused(self._database, owner, gone)

    async def _one(self, statement: Statement, owner: UserId, **values: Any) -> Version:
        row = await self._database.row(statement, values | {"owner": owner}, owner=owner)
        if row is None:
            raise NotFound("there is no such version")
        fields = dict(row)
        fields["status"] = Status(row["status"])
        fields["step"] = Step(row["step"]) if row["step"] else None
        fields["failure"] = Failure(row["failure"]) if row["failure"] else None
        return Version(**fields)


async def unused(database: Database, owner: UserId, removed: list[asyncpg.Record]) -> list[FileId]:
    """The files of `removed` versions to which no other version refers."""
    files = {row["file_id"] for row in removed}
    values = {"owner": owner, "files": list(files)}
    still = await database.rows(_STILL_USED, values, owner=owner)
    return [FileId(file) for file in files - {row["file_id"] for row in still}]
