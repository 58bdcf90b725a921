"""What a benchmark gives: numbers beside their floors."""

import statistics
from collections.abc import Mapping

from msgspec import Struct

ROUNDS = 5


class Measure(Struct, frozen=True, kw_only=True):
    """One number. `ratio` is the median of `rounds`, `value` and `floor` those of their own; without
    a `target` it is for information. `details` names its own units."""

    name: str
    unit: str
    value: float
    floor: float
    rounds: list[float]
    target: float | None = None
    at_most: bool = False  # a target that is a ceiling
    steady: bool = False  # the same on any machine, on any day: to miss it is an error
    details: dict[str, float] = {}

    @property
    def ratio(self) -> float:
        return statistics.median(self.rounds)

    @property
    def ok(self) -> bool | None:
        if self.target is None:
            return None
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target


class Skipped(Struct, frozen=True):
    """What could not be measured, and why."""

    name: str
    why: str


type Result = Measure | Skipped


def held(
    name: str, unit: str, value: float, most: float, details: Mapping[str, float] | None = None
) -> Measure:
    """A number beside the most that it may be."""
    return Measure(
        name=name,
        unit=unit,
        value=value,
        floor=most,
        rounds=[value / most],
        target=1.0,
        at_most=True,
        details=dict(details or {}),
    )
