"""Where a search looks: an owner's published versions, their passages numbered from 0 on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self
from uuid import UUID

import numpy as np
from asyncpg import Record
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, any_, bindparam, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from adapters.postgres.database import Database, Statement
from adapters.postgres.knowledge.search_filters import condition
from adapters.postgres.tables.knowledge import documents, version_statistics
from application.knowledge.filters import Filter
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId, VersionId

found = version_statistics.c

type Numbers = NDArray[np.int64]
type Place = tuple[VersionId, int]  # a version, and the ordinal of a passage in it


@dataclass(frozen=True, slots=True)
class Published:
    """A live document's current version. `asked`: it is one of those that may be found; the others
    count for the statistics only."""

    version_id: VersionId
    document_id: DocumentId
    configuration: str
    chunks: int
    lengths: bytes
    asked: bool


@dataclass(frozen=True)
class Scope:
    published: list[Published]

    @cached_property
    def bases(self) -> Numbers:
        """The number of each version's first passage, and how many there are."""
        return np.cumsum([0, *(one.chunks for one in self.published)])

    @property
    def total(self) -> int:
        return int(self.bases[-1])

    @cached_property
    def lengths(self) -> NDArray[np.float64]:
        """How many terms each passage has."""
        joined = b"".join(one.lengths for one in self.published)
        return np.frombuffer(joined, ">i2").astype(np.float64)

    @cached_property
    def asked(self) -> list[Published]:
        return [one for one in self.published if one.asked]

    @cached_property
    def versions(self) -> list[VersionId]:
        """Those that may be found."""
        return [one.version_id for one in self.asked]

    @cached_property
    def documents(self) -> dict[VersionId, DocumentId]:
        return {one.version_id: one.document_id for one in self.published}

    @cached_property
    def size(self) -> int:
        """How many passages may be found."""
        return sum(one.chunks for one in self.asked)

    @property
    def configurations(self) -> list[str]:
        return sorted({one.configuration for one in self.published})

    def among_asked(self) -> NDArray[np.bool_]:
        """For each passage, whether it may be found."""
        chunks = [one.chunks for one in self.published]
        return np.repeat([one.asked for one in self.published], chunks)

    def places(self, numbers: Numbers) -> Iterator[Place]:
        """Where the passages with these numbers are."""
        indices = np.searchsorted(self.bases, numbers, side="right") - 1
        ordinals = numbers - self.bases[indices]
        for index, ordinal in zip(indices.tolist(), ordinals.tolist(), strict=True):
            yield self.published[index].version_id, ordinal

    def number(self, version_id: VersionId, ordinal: int) -> int:
        return int(self.bases[self._indices[version_id]]) + ordinal

    @cached_property
    def starts(self) -> dict[tuple[bytes, str], int]:
        """By a version's id and its configuration: the number of its first passage."""
        starts = self.bases.tolist()
        return {
            (one.version_id.bytes, one.configuration): start
            for one, start in zip(self.published, starts, strict=False)
        }

    @cached_property
    def _indices(self) -> dict[VersionId, int]:
        return {one.version_id: index for index, one in enumerate(self.published)}

    @classmethod
    def of(cls, rows: list[Record]) -> Self:
        return cls(sorted((Published(*row) for row in rows), key=lambda one: one.version_id))


def _published(asked: ColumnElement[bool]) -> Statement:
    # OFFSET 0 makes it a look-up for each document: Postgres knows nothing about how many there
    # are, and would compare every two.
    statistics = (
        select(
            *(found.version_id, found.configuration, found.chunks, found.lengths),
        )
        .where(
            found.user_id == bindparam("user_id"),
            found.version_id == documents.c.current_version_id,
        )
        .offset(literal_column("0"))
        .lateral("statistics")
    )
    of = statistics.c
    return Statement(
        select(of.version_id, documents.c.id, of.configuration, of.chunks, of.lengths, asked)
        .join_from(documents, statistics, true())
        .where(documents.c.user_id == bindparam("user_id"), documents.c.deleted_at.is_(None))
    )


_ALL = _published(true())
_NAMED = documents.c.id == any_(bindparam("documents", type_=ARRAY(Uuid)))
_ONES = _published(_NAMED)


_OWNED = Statement(
    select(documents.c.id).where(
        documents.c.user_id == bindparam("user_id"), documents.c.deleted_at.is_(None), _NAMED
    )
)


async def scope_of(
    database: Database,
    owner: UserId,
    named: Sequence[UUID] | None = None,
    filters: Filter | None = None,
) -> Scope:
    """All that is published, or what of it lies in the documents that are named and meet the
    filters."""
    statement = _ALL if named is None else _ONES
    if filters is not None:
        asked = condition(filters)
        statement = _published(asked if named is None else asked & _NAMED)
    return Scope.of(await database.rows(statement, {"user_id": owner, "documents": named}, owner))


async def require(database: Database, owner: UserId, document_ids: Sequence[DocumentId]) -> None:
    if not document_ids:
        return
    values = {"user_id": owner, "documents": document_ids}
    if len(await database.rows(_OWNED, values, owner)) < len({*document_ids}):
        raise NotFound("there is no such document")
