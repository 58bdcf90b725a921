"""Refreshes against the bare floor, as requests a second.

`POST /auth/refresh`: two trips (the session; one conditional update, committed to disk), HMAC, AES-GCM
and an ES256 signature, where the floor (benchmarks.floor) reads one row: at least 0.25.

A client refreshes with what it was given last. Here the tokens of many families are known before, for
the key that seals them is in the server's data folder: each family's next is due when all others
have had their turn, so the one before has long been answered.
"""

import asyncio
import statistics
from pathlib import Path
from uuid import UUID

import msgspec

from adapters.postgres.database import Database
from adapters.postgres.identity.sessions import PostgresSessions
from adapters.postgres.pool import open_pool
from adapters.security.crypto import AesGcmCrypto
from adapters.system import SystemClock, SystemSecrets, Uuid7
from benchmarks.harness import Bench
from benchmarks.load import Call, Job, Load
from benchmarks.measure import ROUNDS, Measure, Result
from benchmarks.processes import Server
from domain.identity.session import ABSOLUTE, IDLE, Session, SessionId, member
from domain.shared.ids import UserId
from entrypoints.settings import Settings

CONNECTIONS, SECONDS = 32, 3.0
FAMILIES, EXCHANGES = 512, 40  # of each family: more than a fast server can use up


def run(bench: Bench) -> list[Result]:
    with bench.api() as api:
        ada = bench.account(api, "ada")
        with bench.floor(ada.id) as floor:
            return [_measure(bench, api, floor, UserId(UUID(ada.id)))]


def _measure(bench: Bench, api: Server, floor: Server, owner: UserId) -> Measure:
    read = [Call("GET", "/floor")]
    _load(bench, floor, read)
    _load(bench, api, asyncio.run(_refreshes(bench.url, bench.data_dir, owner)))
    floors, ours, cpu = [], [], []
    for _ in range(ROUNDS):
        refreshes = asyncio.run(_refreshes(bench.url, bench.data_dir, owner))
        floors.append(_load(bench, floor, read).rate)
        before = api.cpu()
        load = _load(bench, api, refreshes)
        cpu.append((api.cpu() - before) / load.sent * 1e6)
        ours.append(load.rate)
    return Measure(
        name="POST /api/v1/auth/refresh",
        unit="requests/s",
        value=statistics.median(ours),
        floor=statistics.median(floors),
        rounds=[a / b for a, b in zip(ours, floors, strict=True)],
        target=0.25,
        details={"cpu_us": statistics.median(cpu)},
    )


def _load(bench: Bench, server: Server, calls: list[Call]) -> Load:
    load = bench.load(Job(server.port, calls, CONNECTIONS, SECONDS))
    if set(load.statuses) != {200}:
        raise RuntimeError(f"{calls[0].path} answered {load.statuses}")
    return load


async def _refreshes(url: str, data_dir: Path, owner: UserId) -> list[Call]:
    pool = await open_pool(url, 1)
    try:
        families = await _families(Database(pool), data_dir, owner)
    finally:
        await pool.close()
    return [
        _refresh(str(member(session_id, key, number)))
        for number in range(EXCHANGES)
        for session_id, key in families
    ]


async def _families(
    database: Database, data_dir: Path, owner: UserId
) -> list[tuple[SessionId, bytes]]:
    crypto = AesGcmCrypto(Settings(data_dir=data_dir).encryption_keys())
    sessions, ids, secrets = PostgresSessions(database), Uuid7(), SystemSecrets()
    now = SystemClock().now()
    families = [(SessionId(ids.next()), secrets.token()) for _ in range(FAMILIES)]
    async with database:
        for session_id, key in families:
            session = Session(
                id=session_id,
                user_id=owner,
                family_key=crypto.encrypt(key, f"sessions:family_key:{session_id}"),
                counter=0,
                token_hash=member(session_id, key, 0).hash,
                created_at=now,
                idle_until=now + IDLE,
                expires_at=now + ABSOLUTE,
            )
            await sessions.add(session)
    return families


def _refresh(token: str) -> Call:
    body = msgspec.json.encode({"refresh_token": token}).decode()
    return Call("POST", "/api/v1/auth/refresh", body=body)
