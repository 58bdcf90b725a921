"""Ten times more sign-ins than can be hashed.

- `POST /auth/login at 10x`: sign-ins fall due at ten times the rate at which the API managed them a
  moment before, whether or not earlier ones were answered. Most are refused with 503: the median of
  all answers, in ms, against the 100 ms within which a client should learn that it has to wait.
- `memory`: the most that the process that answers ever had resident, in MiB, after that flood, against
  19 MiB for each thread that hashes and 150 MB for everything else. What waits costs no hash's memory.
"""

import statistics

from benchmarks.harness import Bench
from benchmarks.load import Job, Load
from benchmarks.logins import ACCOUNTS, SATURATING, SECONDS, login
from benchmarks.measure import ROUNDS, Measure, Result
from benchmarks.processes import Server

CONNECTIONS = 300
TIMES = 10
PROMPT = 100.0  # ms
HASH, EVERYTHING_ELSE = 19.0, 150e6 / 2**20  # MiB


def run(bench: Bench) -> list[Result]:
    with bench.api() as api:
        calls = [login(bench.account(api, f"user{number}")) for number in range(ACCOUNTS)]
        capacity = bench.load(Job(api.port, calls, SATURATING, SECONDS)).rate
        flood = Job(api.port, calls, CONNECTIONS, SECONDS, rate=TIMES * capacity)
        return [_promptness([bench.load(flood) for _ in range(ROUNDS)], capacity), _memory(api)]


def _promptness(floods: list[Load], capacity: float) -> Measure:
    return Measure(
        name=f"POST /api/v1/auth/login at {TIMES}x",
        unit="ms",
        value=statistics.median(flood.p50 for flood in floods),
        floor=PROMPT,
        rounds=[flood.p50 / PROMPT for flood in floods],
        target=1.0,
        at_most=True,
        details={
            "due_per_s": TIMES * capacity,
            "answered_per_s": statistics.median(flood.rate for flood in floods),
            "p99_ms": statistics.median(flood.p99 for flood in floods),
            **{
                f"status_{status}": sum(flood.statuses.get(status, 0) for flood in floods)
                for status in sorted({status for flood in floods for status in flood.statuses})
            },
        },
    )


def _memory(api: Server) -> Measure:
    most, may = api.peak_mib(), HASH + EVERYTHING_ELSE
    return Measure(
        name="memory of the API under that flood",
        unit="MiB",
        value=most,
        floor=may,
        rounds=[most / may],
        target=1.0,
        at_most=True,
    )
