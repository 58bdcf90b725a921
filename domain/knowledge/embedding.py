"""Embedding sets: which model's vectors there are, and which of them answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TRIES = 5  # of a version that cannot be embedded: then its set waits for it no longer
REST = timedelta(days=1)  # from then on, between two more tries
KEPT = timedelta(minutes=10)  # after a set has retired: who asked it a moment ago may go on


class SetState(StrEnum):
    """At most one set is built, and at most one answers."""

    BUILDING = "building"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(slots=True, kw_only=True)
class EmbeddingSet:
    """The vectors of one model, which are compared with each other only."""

    name: str
    dimensions: int
    state: SetState
    created_at: datetime
    changed_at: datetime  # its state

    @property
    def is_live(self) -> bool:
        """Whether new passages get a vector of it."""
        return self.state is not SetState.RETIRED

    def become(self, state: SetState, at: datetime) -> None:
        self.state, self.changed_at = state, at


def want(
    sets: Sequence[EmbeddingSet], wanted: EmbeddingSet | None, at: datetime
) -> list[EmbeddingSet]:
    """What changes when the settings name `wanted`, in the order in which it may be kept. An active
    set answers until another is complete."""
    if wanted is None:
        return [one for active in _in(sets, SetState.ACTIVE) for one in rebuild(sets, active, at)]
    known = next((one for one in sets if one.name == wanted.name), None)
    if known is None:
        return [*_retire(sets, SetState.BUILDING, at), wanted]
    if known.is_live:
        others = [one for one in sets if one is not known]
        return _retire(others, SetState.BUILDING, at)
    return rebuild(sets, known, at)


def rebuild(sets: Sequence[EmbeddingSet], one: EmbeddingSet, at: datetime) -> list[EmbeddingSet]:
    """It does not answer before it is complete again: it was not kept up, or is not believed."""
    changed = _retire([other for other in sets if other is not one], SetState.BUILDING, at)
    one.become(SetState.BUILDING, at)
    return [*changed, one]


def activate(sets: Sequence[EmbeddingSet], one: EmbeddingSet, at: datetime) -> list[EmbeddingSet]:
    """It answers from now on, in the place of the one before."""
    changed = _retire(sets, SetState.ACTIVE, at)
    one.become(SetState.ACTIVE, at)
    return [*changed, one]


def _retire(sets: Sequence[EmbeddingSet], state: SetState, at: datetime) -> list[EmbeddingSet]:
    found = _in(sets, state)
    for one in found:
        one.become(SetState.RETIRED, at)
    return found


def _in(sets: Sequence[EmbeddingSet], state: SetState) -> list[EmbeddingSet]:
    return [one for one in sets if one.state is state]
