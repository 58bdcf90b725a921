"""What keeps the embedding sets, and the vectors in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.knowledge.chunk import Chunk
from domain.knowledge.embedding import EmbeddingSet
from domain.shared.ids import UserId, VersionId


class EmbeddingSets(Protocol):
    async def all(self) -> list[EmbeddingSet]: ...

    async def locked(self) -> list[EmbeddingSet]:
        """All, of which none changes its state until the running transaction ends, but by it."""
        ...

    async def held(self) -> list[EmbeddingSet]:
        """As `locked`, but any number of transactions may hold them at the same time."""
        ...

    async def save(self, one: EmbeddingSet) -> None: ...

    async def remove(self, name: str) -> None:
        """One of which there are no vectors any more."""
        ...


class Vectors(Protocol):
    """An owner's vectors, as those see them who make and remove them."""

    async def lacking(
        self,
        owner: UserId,
        version_id: VersionId,
        embedding_set: str,
        *,
        start: int = 0,
        limit: int,
    ) -> list[Chunk]:
        """The version's chunks without a vector of the set, in order, from ordinal `start` on."""
        ...

    async def failed(
        self, owner: UserId, version_id: VersionId, embedding_set: str, at: datetime
    ) -> None:
        """One more try to make the vectors that the version lacks came to nothing."""
        ...

    async def remove(self, owner: UserId, embedding_set: str, limit: int) -> int:
        """Up to so many of a set that has retired, or is built again, and what is known of tries
        that failed; how many went."""
        ...


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many passages there are that readers see or are about to see, how many of them have a
    vector of a set, and how many versions were set aside because they cannot be embedded."""

    done: int = 0
    total: int = 0
    failed: int = 0


class VectorUpkeep(Protocol):
    """What is done for all owners, who are only named: their passages are read, and their vectors
    are written, in their own name."""

    async def incomplete(
        self, embedding_set: str, now: datetime, *, after: VersionId | None, limit: int
    ) -> list[tuple[UserId, VersionId]]:
        """Versions that readers see, or will see without another look at their vectors, and that
        have chunks without a vector of the set, by id. One that failed TRIES times is left out
        until it has had its REST."""
        ...

    async def counted(self) -> Mapping[str, Coverage]:
        """Of each set, by its name; one without passages may be left out."""
        ...

    async def owners(self, embedding_set: str, limit: int) -> list[UserId]:
        """Some of whom `Vectors` would remove something of the set."""
        ...

    async def create_index(self, one: EmbeddingSet) -> None:
        """Whatever an earlier try left; nobody has to wait meanwhile."""
        ...

    async def drop_index(self, one: EmbeddingSet) -> None: ...
