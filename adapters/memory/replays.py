from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.operations.replays import ABANDONED, LIFETIME, Answer, Attempt, repeated

type Name = tuple[UUID, str, str]


@dataclass(slots=True)
class _Kept:
    attempt: Attempt
    answer: Answer | None = None

    def expired(self, at: datetime) -> bool:
        return self.attempt.at + LIFETIME <= at

    def abandoned(self, at: datetime) -> bool:
        return self.answer is None and self.attempt.at + ABANDONED <= at


class MemoryReplays:
    """Not part of the store: what was begun stays begun when a transaction fails."""

    def __init__(self) -> None:
        self._kept: dict[Name, _Kept] = {}

    async def begin(self, attempt: Attempt) -> Answer | None:
        kept = self._kept.get(_name(attempt))
        if kept is None or kept.expired(attempt.at) or kept.abandoned(attempt.at):
            self._kept[_name(attempt)] = _Kept(attempt)
            return None
        return repeated(kept.attempt.fingerprint, kept.answer, attempt)

    async def keep(self, attempt: Attempt, answer: Answer) -> None:
        if kept := self._in_flight(attempt):
            kept.answer = answer

    async def forget(self, attempt: Attempt) -> None:
        if self._in_flight(attempt):
            del self._kept[_name(attempt)]

    async def purge(self, at: datetime) -> int:
        expired = [name for name, kept in self._kept.items() if kept.expired(at)]
        for name in expired:
            del self._kept[name]
        return len(expired)

    def _in_flight(self, attempt: Attempt) -> _Kept | None:
        kept = self._kept.get(_name(attempt))
        mine = kept is not None and kept.attempt.at == attempt.at and kept.answer is None
        return kept if mine else None


def _name(attempt: Attempt) -> Name:
    return attempt.owner, attempt.route, attempt.key
