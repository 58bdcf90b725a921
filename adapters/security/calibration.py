"""How much a password's hash may cost on this machine."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from adapters.security.passwords import Cost

ENOUGH = 0.1  # seconds: what a guesser pays for each guess, and a sign-in does not feel
_MEMORY = 64 * 1024  # KiB: from here on the time grows, not the memory of each thread
_SAMPLES = 5


def calibrate(seconds: Callable[[Cost], float]) -> tuple[Cost, float]:
    """The first cost, beginning with the least, that takes `ENOUGH`, and what it takes: about 100
    to 250 ms, more only where already the least is slower."""
    cost = Cost()
    while (took := seconds(cost)) < ENOUGH:
        cost = _dearer(cost)
    return cost, took


def measured(cost: Cost) -> float:
    """The median of a few hashes, in seconds."""
    hasher = cost.hasher()
    return statistics.median(_once(hasher.hash) for _ in range(_SAMPLES))


def _dearer(cost: Cost) -> Cost:
    """Memory first: that is what a guesser's hardware has least of."""
    if cost.memory_kib < _MEMORY:
        return replace(cost, memory_kib=2 * cost.memory_kib)
    return replace(cost, time_cost=cost.time_cost + 1)


def _once(hash: Callable[[str], str]) -> float:
    begun = time.perf_counter()
    hash("correct horse battery staple")
    return time.perf_counter() - begun
