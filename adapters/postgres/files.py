from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.files import storage_sweeps, stored_files
from application.files.views import Sweep
from domain.files.file import Purpose, StoredFile
from domain.shared.errors import NotFound
from domain.shared.ids import FileId, UserId

_COLUMNS = tuple(stored_files.c.keys())
_mine = (
    stored_files.c.user_id == bindparam("owner"),
    stored_files.c.id == bindparam("file"),
)
_ADD = Statement(insert(stored_files), _COLUMNS)
_GET = Statement(select(stored_files).where(*_mine))
_OF = Statement(
    select(stored_files.c.id).where(
        stored_files.c.user_id == bindparam("owner"),
        stored_files.c.purpose == bindparam("purpose"),
    )
)
_REMOVE = Statement(delete(stored_files).where(*_mine))

_SWEEP = tuple(Sweep.__struct_fields__)
_new = insert(storage_sweeps)
_KEEP_SWEEP = Statement(
    _new.on_conflict_do_update(
        index_elements=[storage_sweeps.c.id],
        set_={name: _new.excluded[name] for name in _SWEEP},
    ),
    ("id", *_SWEEP),
)
_LAST_SWEEP = Statement(select(*(storage_sweeps.c[name] for name in _SWEEP)))


class PostgresFiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, file: StoredFile) -> None:
        values = values_of(file, _COLUMNS)
        await self._database.row(_ADD, values, owner=file.user_id)

    async def get(self, owner: UserId, file_id: FileId) -> StoredFile:
        values = {"owner": owner, "file": file_id}
        row = await self._database.row(_GET, values, owner=owner)
        if row is None:
            raise NotFound("there is no such file")
        return StoredFile(**{**row, "purpose": Purpose(row["purpose"])})

    async def of(self, owner: UserId, purpose: Purpose) -> list[FileId]:
        values = {"owner": owner, "purpose": purpose}
        rows = await self._database.rows(_OF, values, owner=owner)
        return [FileId(row["id"]) for row in rows]

    async def remove(self, owner: UserId, file_id: FileId) -> None:
        await self._database.row(_REMOVE, {"owner": owner, "file": file_id}, owner=owner)


class PostgresSweeps:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, sweep: Sweep) -> None:
        await self._database.row(_KEEP_SWEEP, {"id": 1, **values_of(sweep, _SWEEP)})

    async def last(self) -> Sweep | None:
        row = await self._database.row(_LAST_SWEEP)
        return Sweep(*row) if row else None
