import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import cast

import msgspec

from domain.knowledge.document import ExtractionFailed, Failure
from domain.knowledge.text import RawPage

# Isolated, the child finds no module in the folder it starts in: it is told where ours are.
_ROOT = Path(__file__).parents[__name__.count(".")]
_CHILD = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {__package__}.child import main; main()"
)
# Nothing of ours goes to the child. Each thread would claim address space from its limit.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "RAYON_NUM_THREADS": "1", "TOKIO_WORKER_THREADS": "1"}
_LARGEST_RESULT = 100 * 1024 * 1024
_PIECE = 1024 * 1024
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Result(msgspec.Struct):
    pages: list[RawPage] = []
    failure: Failure | None = None
    detail: str = ""


class ChildExtractor:
    """Reads each document in a process of its own, which takes nothing along when it ends.

    `timeout` is for one document, on the clock and on the processor. `memory` is how many bytes
    it may take. At most `concurrency` documents are read at once; the others wait their turn.
    """

    def __init__(
        self,
        timeout: timedelta = timedelta(minutes=2),
        memory: int = 1024 * 1024 * 1024,
        concurrency: int = 1,
    ) -> None:
        self._timeout = timeout
        self._memory = memory
        self._turns = asyncio.Semaphore(concurrency)

    async def extract(self, path: Path, media_type: str) -> list[RawPage]:
        async with self._turns:
            process = await self._start(path, media_type)
            try:
                async with asyncio.timeout(self._timeout.total_seconds()):
                    output = await _output(process)
                    code = await process.wait()
            except TimeoutError:
                raise self._too_slow() from None
            finally:
                await _end(process)
        if code == -signal.SIGXCPU:
            raise self._too_slow()
        return _pages(code, output)

    async def _start(self, path: Path, media_type: str) -> Process:
        limits = [str(self._memory), str(ceil(self._timeout.total_seconds())), str(os.getpid())]
        with await asyncio.to_thread(path.open, "rb") as document:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-c", _CHILD, media_type, *limits),
                stdin=document,
                stdout=PIPE,
                stderr=DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )

    def _too_slow(self) -> ExtractionFailed:
        seconds = self._timeout.total_seconds()
        return ExtractionFailed(Failure.TIMEOUT, f"reading it takes more than {seconds:g} s")


async def _output(process: Process) -> bytes:
    stdout = cast(asyncio.StreamReader, process.stdout)
    output = bytearray()
    while piece := await stdout.read(_PIECE):
        output += piece
        if len(output) > _LARGEST_RESULT:
            raise ExtractionFailed(Failure.TOO_LARGE, "there is too much text in it")
    return bytes(output)


async def _end(process: Process) -> None:
    """Kill what is left of the group, and reap it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()  # what is still in the pipe would keep it open


def _pages(code: int, output: bytes) -> list[RawPage]:
    """What the child said, or what its end says of the document."""
    if code > 0 or -code in _FROM_OUTSIDE:
        raise RuntimeError(f"the process that reads documents ended with {code}")
    if code < 0:
        name = signal.Signals(-code).name
        raise ExtractionFailed(Failure.CORRUPT, f"it crashes its reader ({name})")
    result = msgspec.json.decode(output, type=_Result)
    if result.failure is Failure.INTERNAL:
        raise RuntimeError(result.detail)
    if result.failure:
        raise ExtractionFailed(result.failure, result.detail)
    return result.pages
