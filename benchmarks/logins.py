"""Logins, and what they do to everybody else.

- `POST /auth/login`: sign-ins a second of many accounts at saturation, against verifications a
  second of argon2 alone, in a pool with as many threads. Both may use every core, as in production,
  where HASH_THREADS leaves one to everything else of a login: HTTP, its round trips, a durable
  commit, an ES256 signature. At least 0.9.
- `on one core`: the same when the API has but one core, and a login's everything else takes from
  what argon2 would have: what is missing to 1 is its share. No target: nobody runs it so by choice.
- `GET /users/me during logins`: the p99, in ms, of a probe that falls due 50 times a second, while
  sign-ins flood the API, against the p99 of the same probe while a stranger process burns the same
  core with as many threads of argon2. Were a hash to run on the event loop, or to hold the GIL, the
  probe would wait for it; at most 3. Sign-ins refused for want of a free thread are 503s, counted
  in `refused`.
"""

import statistics
import time

import msgspec
from msgspec import Struct

from benchmarks.argon2_alone import Alone
from benchmarks.harness import Account, Bench, loaded
from benchmarks.load import Call, Job, Load
from benchmarks.measure import ROUNDS, Measure, Result
from benchmarks.processes import CORES, SERVER_CORES, Server

ACCOUNTS = 32
SATURATING, FLOODING = 8, 32  # connections
SECONDS, PROBED = 4.0, 6.0
PROBES = 50  # a second


class _Place(Struct, frozen=True):
    """Where the API and its floor run, and in how many threads they hash."""

    name: str
    cores: set[int]
    threads: int
    target: float | None = None


_HOME = _Place("POST /api/v1/auth/login", set(CORES), max(1, len(CORES) - 1), target=0.9)
_CRAMPED = _Place("POST /api/v1/auth/login on one core", SERVER_CORES, 1)


def run(bench: Bench) -> list[Result]:
    with bench.api(_HOME.cores) as api:
        accounts = [bench.account(api, f"user{number}") for number in range(ACCOUNTS)]
        at_home = _throughput(bench, api, accounts, _HOME)
    with bench.api() as api:
        cramped = _throughput(bench, api, accounts, _CRAMPED)
        return [at_home, cramped, _latency(bench, api, accounts)]


def _throughput(bench: Bench, api: Server, accounts: list[Account], place: _Place) -> Measure:
    alone: list[Alone] = []
    logins, cpu = [], []
    job = Job(api.port, [login(account) for account in accounts], SATURATING, SECONDS)
    bench.load(job)
    for _ in range(ROUNDS):
        with bench.argon2_alone(place.threads, SECONDS, place.cores) as floor:
            alone.append(msgspec.json.decode(floor.output(seconds=60), type=Alone))
        before = api.cpu()
        load = bench.load(job)
        if set(load.statuses) != {200}:
            raise RuntimeError(f"logins answered {load.statuses}")
        logins.append(load.rate)
        cpu.append((api.cpu() - before) / load.sent * 1e3)
    return Measure(
        name=place.name,
        target=place.target,
        unit="logins/s",
        value=statistics.median(logins),
        floor=statistics.median(one.rate for one in alone),
        rounds=[a / b.rate for a, b in zip(logins, alone, strict=True)],
        details={
            "cpu_ms": statistics.median(cpu),
            "floor_cpu_ms": statistics.median(one.cpu_ms for one in alone),
        },
    )


def _latency(bench: Bench, api: Server, accounts: list[Account]) -> Measure:
    probe = Job(
        api.port,
        [Call("GET", "/api/v1/users/me", accounts[0].token)],
        connections=20,
        seconds=PROBED,
        rate=PROBES,
    )
    calls = [login(account) for account in accounts]
    flood = Job(api.port, calls, FLOODING, PROBED + 3)
    beside_stranger: list[Load] = []
    beside_logins: list[Load] = []
    floods: list[Load] = []
    bench.load(probe)
    for _ in range(ROUNDS):
        with bench.argon2_alone(1, PROBED + 30):  # ended by leaving the block
            time.sleep(1)
            beside_stranger.append(_probe(bench, probe))
        with bench.loading(flood) as flooding:
            time.sleep(1)
            beside_logins.append(_probe(bench, probe))
            floods.append(loaded(flooding))
    refused = sum(load.statuses.get(503, 0) for load in floods)
    return Measure(
        name="p99 of GET /api/v1/users/me during logins",
        unit="ms",
        value=statistics.median(load.p99 for load in beside_logins),
        floor=statistics.median(load.p99 for load in beside_stranger),
        rounds=[a.p99 / b.p99 for a, b in zip(beside_logins, beside_stranger, strict=True)],
        target=3.0,
        at_most=True,
        details={
            "p50_ms": statistics.median(load.p50 for load in beside_logins),
            "floor_p50_ms": statistics.median(load.p50 for load in beside_stranger),
            "slowest_ms": max(load.slowest for load in beside_logins),
            "floor_slowest_ms": max(load.slowest for load in beside_stranger),
            "logins_per_s": statistics.median(load.rate for load in floods),
            "refused": refused / sum(sum(load.statuses.values()) for load in floods),
        },
    )


def _probe(bench: Bench, job: Job) -> Load:
    load = bench.load(job)
    if set(load.statuses) != {200}:
        raise RuntimeError(f"the probe was answered {load.statuses}")
    return load


def login(account: Account) -> Call:
    body = msgspec.json.encode({"email": account.email, "password": account.password}).decode()
    return Call("POST", "/api/v1/auth/login", body=body)
