"""A document as callers see it: live, with its newest version and the one that is served."""

from typing import Any

import asyncpg
from sqlalchemy import BindParameter, bindparam, func, select

from adapters.postgres.knowledge.documents import KEYWORDS
from adapters.postgres.tables.files import stored_files
from adapters.postgres.tables.knowledge import chunks, document_versions, documents
from application.knowledge.views import DocumentView, ProcessingError
from domain.knowledge.document import Failure, Status, Step
from domain.knowledge.metadata import Category

_d, _v, _c, _f = documents.c, document_versions.c, chunks.c, stored_files.c
OWNER: BindParameter[Any] = bindparam("owner")

NEWEST = (
    select(document_versions)
    .where(_v.user_id == _d.user_id, _v.document_id == _d.id)
    .order_by(_v.number.desc())
    .limit(1)
    .lateral("newest")
)
_n = NEWEST.c
SERVED = document_versions.alias("served")
_s = SERVED.c
_chunk_count = (
    select(func.count())
    .where(_c.user_id == _d.user_id, _c.version_id == _d.current_version_id)
    .scalar_subquery()
)
UPDATED_AT = func.greatest(_d.updated_at, _n.updated_at)
LIVE = (
    select(documents)
    .join(NEWEST, _n.user_id == _d.user_id)
    .outerjoin(SERVED, (_s.user_id == _d.user_id) & (_s.id == _d.current_version_id))
    .where(_d.user_id == OWNER, _d.deleted_at.is_(None))
)
FILE_ID = func.coalesce(_s.file_id, _n.file_id)
VIEW = LIVE.join(stored_files, (_f.user_id == _n.user_id) & (_f.id == FILE_ID)).with_only_columns(
    _d.id,
    _d.user_id,
    _d.title,
    _d.category,
    _d.jurisdiction,
    _d.practice_area,
    KEYWORDS,
    _d.author,
    _d.language,
    _d.authored_at,
    _d.modified_at,
    _d.page_count,
    _f.original_name.label("original_filename"),
    _d.file_type,
    _f.size.label("file_size"),
    _f.sha256,
    _n.number.label("version"),
    _s.number.label("served_version"),
    _n.status.label("processing_status"),
    _n.step.label("processing_step"),
    _n.done.label("processing_done"),
    _n.total.label("processing_total"),
    _n.failure,
    _n.failure_detail,
    _chunk_count.label("chunk_count"),
    _d.created_at,
    UPDATED_AT.label("updated_at"),
)


def view_of(row: asyncpg.Record) -> DocumentView:
    fields = dict(row)
    failure, detail = fields.pop("failure"), fields.pop("failure_detail")
    fields["category"] = Category(row["category"])
    fields["processing_status"] = Status(row["processing_status"])
    fields["processing_step"] = step_of(row["processing_step"])
    return DocumentView(**fields, processing_error=error_of(failure, detail))


def step_of(name: str | None) -> Step | None:
    return Step(name) if name else None


def error_of(failure: str | None, detail: str | None) -> ProcessingError | None:
    return ProcessingError(Failure(failure), detail or "") if failure else None
