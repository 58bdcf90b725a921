"""Authenticated reads against the bare floor, as requests a second.

- `GET /users/me`: signature (remembered after the first time), session, user and revocation are
  checked, and the request is logged. Its ratio to the floor is the price of all we do around one
  query by primary key: at least 0.55, and we aim at 0.7. The same with LOG_LEVEL=WARNING shows what
  the log line costs.
- Every other single read makes the same checks, and then an owner-filtered, row-secured query of
  its own (three round trips more): at least 0.40.

The floor (benchmarks.floor) is a bare Litestar route with one raw asyncpg query, on the same
server. Both are saturated by closed loops, on one core. `cpu_us` is the server's own CPU time for a
request, which a busy machine disturbs less than the rate; `postgres_us` is the database's.
"""

import asyncio
import os
import statistics
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from adapters.postgres.conversations.conversations import PostgresConversations
from adapters.postgres.conversations.messages import PostgresMessages
from adapters.postgres.database import Database
from adapters.postgres.pool import open_pool
from adapters.system import SystemClock, Uuid7
from benchmarks.harness import Bench
from benchmarks.library import add_document
from benchmarks.load import Call, Job
from benchmarks.measure import ROUNDS, Measure, Result, Skipped
from benchmarks.processes import Server
from domain.conversations.conversation import Conversation, ConversationId, Kind, MessageId
from domain.conversations.message import Message, MessageStatus, Role
from domain.shared.ids import UserId

CONNECTIONS = 32  # fewer leave the floor waiting for the load
SECONDS = 3.0

_clock, _ids = SystemClock(), Uuid7()


@dataclass(frozen=True, slots=True)
class Read:
    """A route, the least ratio it may have, and what makes the thing it reads: the id in its path."""

    route: str
    target: float | None
    seed: Callable[[Database, UserId], Awaitable[object]]
    quiet: bool = False  # LOG_LEVEL=WARNING

    @property
    def name(self) -> str:
        return f"GET {self.route}" + (", no log line" if self.quiet else "")


async def nothing(_: Database, owner: UserId) -> UUID:
    return owner


async def document(database: Database, owner: UserId) -> UUID:
    passage = f"It was a good year, says report {os.urandom(8).hex()}."  # ids go by the text
    (chunk,) = await add_document(database, owner, "Annual report 2025", [passage])
    return chunk.document_id


async def message(database: Database, owner: UserId) -> UUID:
    now = _clock.now()
    conversation = Conversation(
        id=ConversationId(_ids.next()),
        user_id=owner,
        kind=Kind.RESEARCH,
        title="How did the year end?",
        created_at=now,
        updated_at=now,
    )
    made = Message(
        id=MessageId(_ids.next()),
        user_id=owner,
        conversation_id=conversation.id,
        parent_id=None,
        role=Role.USER,
        content="How did the year end?",
        status=MessageStatus.COMPLETE,
        created_at=now,
    )
    async with database:
        await PostgresConversations(database).add(conversation)
        await PostgresMessages(database).add(made)
    return made.id


READS = (
    Read("/api/v1/users/me", 0.55, nothing),  # we aim at 0.7
    Read("/api/v1/users/me", None, nothing, quiet=True),
    Read("/api/v1/documents/{id}", 0.40, document),
    Read("/api/v1/documents/{id}/status", 0.40, document),
    Read("/api/v1/messages/{id}", 0.40, message),
)


def run(bench: Bench) -> list[Result]:
    with ExitStack() as stack:
        api = stack.enter_context(bench.api())
        quiet = stack.enter_context(bench.api(log_level="WARNING"))
        ada = bench.account(api, "ada")
        floor = Side(bench, stack.enter_context(bench.floor(ada.id)), Call("GET", "/floor"))
        skipped: list[Result] = []
        sides: list[tuple[Read, Side]] = []
        for read in READS:
            server = quiet if read.quiet else api
            try:
                path = asyncio.run(_path(bench.url, read, UserId(UUID(ada.id))))
                status, answer = server.ask("GET", path, token=ada.token)
            except asyncpg.UndefinedTableError as error:
                skipped.append(Skipped(read.name, f"no migration makes its table: {error}"))
                continue
            if status == 200:
                sides.append((read, Side(bench, server, Call("GET", path, ada.token))))
            else:
                skipped.append(Skipped(read.name, f"{status}: {answer}"))
        for _, side in [(None, floor), *sides]:
            side.warm_up()
        for _ in range(ROUNDS):
            for side in (floor, *(side for _, side in sides)):
                side.measure()
        measured = [result(read.name, side, floor, read.target) for read, side in sides]
        return measured + skipped


class Side:
    """One of the things that are compared, and what its rounds gave."""

    def __init__(self, bench: Bench, server: Server, call: Call) -> None:
        self._bench, self._server, self._call = bench, server, call
        self.rates: list[float] = []
        self.cpu: list[float] = []
        self.postgres: list[float] = []
        self.p99: list[float] = []

    def warm_up(self) -> None:
        """Opens the pool's connections, prepares the statements, lets Python specialize."""
        self._bench.load(Job(self._server.port, [self._call], CONNECTIONS, 1.5))

    def measure(self) -> None:
        cpu, postgres = self._server.cpu(), self._bench.postgres_cpu()
        load = self._bench.load(Job(self._server.port, [self._call], CONNECTIONS, SECONDS))
        if set(load.statuses) != {200}:
            raise RuntimeError(f"{self._call.path} answered {load.statuses}")
        self.rates.append(load.rate)
        self.p99.append(load.p99)
        self.cpu.append((self._server.cpu() - cpu) / load.sent * 1e6)
        self.postgres.append((self._bench.postgres_cpu() - postgres) / load.sent * 1e6)


async def _path(url: str, read: Read, owner: UserId) -> str:
    pool = await open_pool(url, 1)
    try:
        return read.route.format(id=await read.seed(Database(pool), owner))
    finally:
        await pool.close()


def result(name: str, ours: Side, floor: Side, target: float | None) -> Measure:
    return Measure(
        name=name,
        unit="requests/s",
        value=statistics.median(ours.rates),
        floor=statistics.median(floor.rates),
        rounds=[a / b for a, b in zip(ours.rates, floor.rates, strict=True)],
        target=target,
        details={
            "cpu_us": statistics.median(ours.cpu),
            "floor_cpu_us": statistics.median(floor.cpu),
            "postgres_us": statistics.median(ours.postgres),
            "floor_postgres_us": statistics.median(floor.postgres),
            "p99_ms": statistics.median(ours.p99),
            "floor_p99_ms": statistics.median(floor.p99),
        },
    )
