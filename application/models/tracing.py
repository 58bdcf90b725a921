"""What making an answer took, for whoever watches over the system."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from application.analytics.exports import LOCAL, UsageEvent
from domain.shared.ids import UserId


class Stage(StrEnum):
    """The parts of making an answer, in their order."""

    RETRIEVE = "retrieve"
    PROMPT = "prompt"
    CALL = "call"
    VERIFY = "verify"
    PERSIST = "persist"


@dataclass(frozen=True, slots=True)
class Step:
    """One stage, in nanoseconds since 1970."""

    stage: Stage
    began: int
    ended: int
    failed: bool


@dataclass(slots=True, kw_only=True)
class Trace:
    """The stages of one answer as they pass. `client_trace_id` is what the client called it."""

    answer_id: UUID
    user_id: UserId
    conversation_id: UUID | None = None
    client_trace_id: str | None = None
    steps: list[Step] = field(default_factory=list)
    # The time of day at the start, by a clock that does not jump from then on.
    _epoch: int = field(default_factory=lambda: time.time_ns() - time.monotonic_ns())
    began: int = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.now()

    @property
    def passed_ms(self) -> int:
        return round((self.now() - self.began) / 1e6)

    def now(self) -> int:
        return self._epoch + time.monotonic_ns()

    @contextmanager
    def stage(self, stage: Stage) -> Iterator[None]:
        """The block is this stage."""
        began, failed = self.now(), True
        try:
            yield
            failed = False
        finally:
            self.steps.append(Step(stage, began, self.now(), failed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an answer ended. `question` and `answer` leave this machine only if the operator says so."""

    status: str
    mode: str | None
    question: str
    answer: str
    usage: UsageEvent | None = None
    cost: Decimal | None = None
    error_code: str | None = None

    @property
    def generation(self) -> UsageEvent | None:
        """What a model took: nothing where none was asked, or might not be."""
        return self.usage if self.usage and self.usage.provider != LOCAL else None


class Tracer(Protocol):
    """Tells one system of observation. Never waits for it and never fails: what it does not take is
    lost."""

    def finish(self, trace: Trace, outcome: Outcome) -> None: ...

    def score(self, answer_id: UUID, name: str, value: float) -> None:
        """What somebody thought of an answer, now or later."""
        ...


@dataclass(frozen=True, slots=True)
class Tracers:
    """All that are configured: most often none, which costs nothing."""

    tracers: tuple[Tracer, ...] = ()

    def finish(self, trace: Trace, outcome: Outcome) -> None:
        """Once an answer has ended, however it did."""
        for tracer in self.tracers:
            tracer.finish(trace, outcome)

    def score(self, answer_id: UUID, name: str, value: float) -> None:
        """What somebody thought of an answer."""
        for tracer in self.tracers:
            tracer.score(answer_id, name, value)
