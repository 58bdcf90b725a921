"""The load generator, a process of its own: `python -m benchmarks.load` reads a Job on stdin and
writes the Load it made on stdout, both as JSON.

It speaks HTTP/1.1 over raw keep-alive sockets (a Protocol on uvloop, no client library), for it
must never be what limits a measurement: a request costs it a tenth of what it costs the server.
"""

import asyncio
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import cast

import msgspec
import uvloop
from msgspec import Struct

HOST = "127.0.0.1"
_GRACE = 30.0  # seconds after its end in which a job must have been answered


class Call(Struct, frozen=True):
    """One request. `body` is sent as JSON."""

    method: str
    path: str
    token: str | None = None
    body: str = ""

    def encode(self) -> bytes:
        lines = [f"{self.method} {self.path} HTTP/1.1", f"host: {HOST}"]
        if self.token:
            lines.append(f"authorization: Bearer {self.token}")
        if self.body:
            lines += ["content-type: application/json", f"content-length: {len(self.body)}"]
        return "\r\n".join([*lines, "", self.body]).encode("latin-1")


class Job(Struct, frozen=True):
    """Call in turn, on `connections` at once, for `seconds` that begin after `warm_up`.

    Without `rate` a connection calls again as soon as it is answered (closed loop): that measures
    throughput. With `rate` calls fall due at fixed times, `rate` a second, whether or not earlier
    ones were answered (open loop): that measures waiting, and a call's time counts from when it
    was due, so that a server that stands still cannot hide it.
    """

    port: int
    calls: list[Call]
    connections: int
    seconds: float
    rate: float | None = None
    warm_up: float = 0.5


class Load(Struct, frozen=True):
    """What came of a Job. `sent` counts the warm-up too; times are of all answers, in ms."""

    seconds: float
    sent: int
    statuses: dict[int, int]
    p50: float
    p95: float
    p99: float
    slowest: float
    cpu_us: float  # of the generator itself, a request

    @property
    def answered(self) -> int:
        """2xx answers in the measured seconds."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


class _Connection(asyncio.Protocol):
    """One keep-alive connection; asks `after` what to do when an answer is complete."""

    def __init__(self, run: "_Run", after: Callable[["_Connection"], None]) -> None:
        self._run, self._after = run, after
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._ends, self._status, self._since = 0, 0, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def connection_lost(self, exc: Exception | None) -> None:
        self._run.fail(exc or ConnectionError("the server closed a connection"))

    def send(self, since: float) -> None:
        self._since = since
        if self._transport:
            self._transport.write(self._run.next_call())

    def close(self) -> None:
        if self._transport:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._data = self._data + data if self._data else data
        if not self._ends and not self._read_head():
            return
        if len(self._data) < self._ends:
            return
        status, self._data, self._ends = self._status, b"", 0
        self._run.record(status, self._since)
        self._after(self)

    def _read_head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._data[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        if at < 0:
            self._run.fail(ValueError(f"an answer without content-length: {head!r}"))
            return False
        length = int(head[at + 17 :].split(b"\r\n", 1)[0])
        self._status, self._ends = int(head[9:12]), end + 4 + length
        return True


class _Run:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._calls = [call.encode() for call in job.calls]
        self._sent = 0
        self._statuses: Counter[int] = Counter()
        self._times: list[float] = []
        self._begin = self._end = 0.0
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle: list[_Connection] = []
        self._due: deque[float] = deque()

    async def __call__(self) -> Load:
        job, loop = self._job, asyncio.get_running_loop()
        after = self._again if job.rate is None else self._next_due
        opened = []
        for _ in range(job.connections):
            _, connection = await loop.create_connection(
                lambda: _Connection(self, after), HOST, job.port
            )
            opened.append(connection)
        self._begin = time.perf_counter() + job.warm_up
        self._end = self._begin + job.seconds
        if job.rate is None:
            for connection in opened:
                connection.send(time.perf_counter())
            loop.call_later(job.warm_up + job.seconds, self._finish)
        else:
            self._idle = opened
            await self._schedule(job.rate)
            loop.call_later(max(0.0, self._end - time.perf_counter()) + 0.5, self._finish)
        await asyncio.wait_for(self._over, job.seconds + job.warm_up + _GRACE)
        for connection in opened:
            connection.close()
        return self._load()

    async def _schedule(self, rate: float) -> None:
        begin = self._begin - self._job.warm_up
        for number in range(int(rate * (self._end - begin))):
            due = begin + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if self._idle:
                self._idle.pop().send(due)
            else:
                self._due.append(due)
            if self._over.done():
                return

    def next_call(self) -> bytes:
        call = self._calls[self._sent % len(self._calls)]
        self._sent += 1
        return call

    def record(self, status: int, since: float) -> None:
        now = time.perf_counter()
        # A closed loop counts what was answered in the time, an open loop what was due in it.
        at = now if self._job.rate is None else since
        if self._begin <= at <= self._end:
            self._statuses[status] += 1
            self._times.append(now - since)

    def fail(self, error: Exception) -> None:
        if not self._over.done():
            self._over.set_exception(error)

    def _again(self, connection: _Connection) -> None:
        now = time.perf_counter()
        if now < self._end:
            connection.send(now)

    def _next_due(self, connection: _Connection) -> None:
        if self._due:
            connection.send(self._due.popleft())
        else:
            self._idle.append(connection)

    def _finish(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _load(self) -> Load:
        times = sorted(1000 * time for time in self._times) or [0.0]
        p95, p99 = (times[min(len(times) - 1, int(part * len(times)))] for part in (0.95, 0.99))
        return Load(
            self._job.seconds,
            self._sent,
            dict(self._statuses),
            statistics.median(times),
            p95,
            p99,
            times[-1],
            1e6 * time.process_time() / max(1, self._sent),
        )


async def _main(job: Job) -> Load:
    return await _Run(job)()


if __name__ == "__main__":
    made = uvloop.run(_main(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)))
    sys.stdout.buffer.write(msgspec.json.encode(made))
