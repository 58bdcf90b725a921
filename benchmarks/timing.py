"""Whether an answer's time tells that an address has an account: `make bench-timing`.

- `POST /auth/login`: a wrong password for an address that has an account and for one that has none,
  in turns, one at a time. `value` and `floor` are the medians; what has to hold is that they differ
  by at most 3 ms, or 5 % of the unknown address's where that is more.

Who compares medians of many samples can still see less than that: what is guarded here is a hash, a
query or a mail that only one of the two costs.
"""

import statistics
import time
from itertools import cycle, islice

from benchmarks.harness import Bench
from benchmarks.measure import Measure, Result
from benchmarks.processes import Server

EACH = 300
TRIES = 4  # of one address: a fifth wrong password would lock it
WARM = 20
LEAST = 3.0  # ms: what may differ anyway
PART = 0.05

type Pair = tuple[str, str]


def run(bench: Bench) -> list[Result]:
    with bench.api() as api:
        numbers = range(-(-(EACH + WARM) // TRIES))
        pairs = [(_registered(api, number), f"nobody{number}@bench.example") for number in numbers]
        # POST /auth/password/forgot belongs here as soon as there is the route.
        return [_compared(api, "/api/v1/auth/login", 401, pairs)]


def _compared(api: Server, path: str, status: int, pairs: list[Pair]) -> Measure:
    turns = list(islice(cycle(pairs), EACH + WARM))
    times = [_in_turn(api, path, status, pair, number) for number, pair in enumerate(turns)][WARM:]
    known, unknown = (statistics.median(side) for side in zip(*times, strict=True))
    difference, may = abs(known - unknown), max(LEAST, PART * unknown)
    return Measure(
        name=f"POST {path}, of a known and an unknown address",
        unit="ms",
        value=known,
        floor=unknown,
        rounds=[difference / may],
        target=1.0,
        at_most=True,
        details={"difference_ms": difference, "may_differ_ms": may, "of_each": EACH},
    )


def _in_turn(api: Server, path: str, status: int, pair: Pair, number: int) -> tuple[float, float]:
    """The milliseconds of both, the other one first every other time: what drifts hits both."""
    known, unknown = pair
    if number % 2:
        late = _milliseconds(api, path, status, unknown)
        return _milliseconds(api, path, status, known), late
    return _milliseconds(api, path, status, known), _milliseconds(api, path, status, unknown)


def _milliseconds(api: Server, path: str, status: int, address: str) -> float:
    body = {"email": address, "password": "not the right password"}
    begun = time.perf_counter()
    answered, problem = api.ask("POST", path, body)
    took = time.perf_counter() - begun
    if answered != status:
        raise RuntimeError(f"{path} answered {answered}: {problem}")
    return took * 1000


def _registered(api: Server, number: int) -> str:
    address = f"somebody{number}@bench.example"
    body = {"email": address, "password": f"a long password of {address}"}
    status, problem = api.ask("POST", "/api/v1/auth/register", body)
    if status != 201:
        raise RuntimeError(f"no account: {status} {problem}")
    return address
