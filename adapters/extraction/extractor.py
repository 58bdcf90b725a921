import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import cast

import msgspec

from domain.knowledge.document import ExtractionFailed, Failure
from domain.knowledge.text import Extracted, Properties, RawPage

# Isolated, the child finds no module in the folder it starts in: it is told where ours are.
_ROOT = Path(__file__).parents[__name__.count(".")]
_CHILD = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {__package__}.child import main; main()"
)
# Nothing of ours goes to the child. Each thread would claim address space from its limit.
_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1",
    # Given back after every page, memory is faulted in again for the next.
    "MALLOC_TOP_PAD_": str(16 * 1024 * 1024),
    "RAYON_NUM_THREADS": "1",
    "TOKIO_WORKER_THREADS": "1",
}
_LARGEST_RESULT = 100 * 1024 * 1024
_PIECE = 1024 * 1024
_COMPLAINT = 4096  # bytes
_SPLIT_IT = "split it into smaller documents"
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Result(msgspec.Struct):
    pages: tuple[RawPage, ...] = ()
    properties: Properties = Properties()
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

    async def extract(self, path: Path, media_type: str) -> Extracted:
        async with self._turns:
            process = await self._start(path, media_type)
            complaint = asyncio.create_task(_complaint(process))
            try:
                async with asyncio.timeout(self._timeout.total_seconds()):
                    output = await _output(process)
                    code = await process.wait()
            except TimeoutError:
                raise self._too_slow() from None
            finally:
                await _end(process)
                last_words = await complaint
        if code == -signal.SIGXCPU:
            raise self._too_slow()
        return _extracted(code, output, last_words)

    async def _start(self, path: Path, media_type: str) -> Process:
        limits = [str(self._memory), str(ceil(self._timeout.total_seconds())), str(os.getpid())]
        with await asyncio.to_thread(path.open, "rb") as document:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-c", _CHILD, media_type, *limits),
                stdin=document,
                stdout=PIPE,
                stderr=PIPE,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )

    def _too_slow(self) -> ExtractionFailed:
        seconds = self._timeout.total_seconds()
        return ExtractionFailed(
            Failure.TIMEOUT, f"reading it takes more than {seconds:g} s: {_SPLIT_IT}"
        )


async def _output(process: Process) -> bytes:
    stdout = cast(asyncio.StreamReader, process.stdout)
    output = bytearray()
    while piece := await stdout.read(_PIECE):
        output += piece
        if len(output) > _LARGEST_RESULT:
            raise ExtractionFailed(Failure.TOO_LARGE, f"there is too much text in it: {_SPLIT_IT}")
    return bytes(output)


async def _complaint(process: Process) -> bytes:
    """What a library said before it gave up. Read to its end, so that nobody waits for us."""
    stderr = cast(asyncio.StreamReader, process.stderr)
    said = b""
    while piece := await stderr.read(_PIECE):
        said = (said + piece)[-_COMPLAINT:]
    return said


async def _end(process: Process) -> None:
    """Kill what is left of the group, and reap it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        stdout = cast(asyncio.StreamReader, process.stdout)
        while await stdout.read(_PIECE):  # what is still in the pipe would keep it open
            pass
        await process.wait()


def _extracted(code: int, output: bytes, last_words: bytes) -> Extracted:
    """What the child said, or what its end says of the document."""
    if code > 0 or -code in _FROM_OUTSIDE:
        raise RuntimeError(f"the process that reads documents ended with {code}")
    if code == -signal.SIGABRT and _out_of_memory(last_words):
        detail = f"reading it takes too much memory: {_SPLIT_IT}"
        raise ExtractionFailed(Failure.TOO_LARGE, detail)
    if code < 0:
        detail = "it is damaged, and breaks its reader: save it anew and upload that"
        raise ExtractionFailed(Failure.CORRUPT, detail)
    result = msgspec.json.decode(output, type=_Result)
    if result.failure is Failure.INTERNAL:
        raise RuntimeError(result.detail)
    if result.failure:
        raise ExtractionFailed(result.failure, result.detail)
    return Extracted(result.pages, result.properties)


def _out_of_memory(last_words: bytes) -> bool:
    """pdfium aborts in silence; Rust and C++ say why; whoever finds its heap broken says something
    else."""
    return not last_words or b"memory allocation" in last_words or b"bad_alloc" in last_words
