"""The process that reads: what it may take, what its end says, and that nothing is left of it."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.extraction import extractor as module
from adapters.extraction import landlock
from adapters.extraction.extractor import ChildExtractor
from domain.files.file import MEDIA_TYPES
from domain.knowledge.document import Failure
from tests.contract.knowledge.extraction.conftest import children, extract, failure, pages
from tests.documents import PDF, TEXT, endless_pdf
from tests.running import PATIENCE, until


async def test_more_than_the_memory_is_too_large(tmp_path: Path) -> None:
    frugal = ChildExtractor(memory=8 << 20)
    assert await failure(tmp_path, b"word " * (3 << 20), TEXT, frugal) is Failure.TOO_LARGE


async def test_more_text_than_anybody_writes_is_too_large(tmp_path: Path) -> None:
    assert await failure(tmp_path, b"word " * 4_000_001, TEXT) is Failure.TOO_LARGE


async def test_a_result_without_end_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LARGEST_RESULT", 100_000)
    assert await failure(tmp_path, b"word " * 1_000_000, TEXT) is Failure.TOO_LARGE


@pytest.mark.parametrize(
    ("crash", "expected"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", Failure.CORRUPT),
        ("import os; os.write(2, b'corrupted size vs. prev_size'); os.abort()", Failure.CORRUPT),
        ("import os; os.abort()", Failure.TOO_LARGE),
        ("import os; os.write(2, b'memory allocation failed'); os.abort()", Failure.TOO_LARGE),
    ],
)
async def test_a_crash_of_the_reader_is_the_documents_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash: str, expected: Failure
) -> None:
    monkeypatch.setattr(module, "_CHILD", crash)
    assert await failure(tmp_path, b"", TEXT) is expected


async def test_a_reader_that_complains_at_length_is_not_kept_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatty = "import os; os.write(2, bytes(1 << 20)); os.write(1, b'{}')"
    monkeypatch.setattr(module, "_CHILD", chatty)
    assert await pages(tmp_path, b"", TEXT) == ()


async def test_a_reader_killed_from_outside_says_nothing_of_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    monkeypatch.setattr(module, "_CHILD", killed)
    with pytest.raises(RuntimeError):
        await extract(tmp_path, b"", TEXT)


async def test_giving_up_ends_the_process(tmp_path: Path) -> None:
    reading = asyncio.create_task(extract(tmp_path, endless_pdf(), PDF))
    before = children()
    while children() == before:  # noqa: ASYNC110  there is no event to wait for
        await asyncio.sleep(0.01)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_documents_wait_for_their_turn(tmp_path: Path) -> None:
    one_at_a_time = ChildExtractor(concurrency=1)
    most, reading = 0, True

    async def watch() -> None:
        nonlocal most
        before = children()
        while reading:
            most = max(most, len(children() - before))
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await asyncio.gather(*(extract(tmp_path, b"text", TEXT, one_at_a_time) for _ in range(4)))
    reading = False
    await watching
    assert most == 1


ROOT = Path(__file__).parents[4]
LIMITED = (
    "import os\n"
    "{before}"
    "from adapters.extraction.limits import give_up_rights\n"
    "give_up_rights(1 << 30, {cpu}, os.getppid())"
)


def run_inside(code: str, *, cpu: int = 10, before: str = "") -> str:
    """What `code` prints where a document is read."""
    script = f"{LIMITED.format(cpu=cpu, before=before)}\n{code}"
    run = [sys.executable, "-c", script]
    return subprocess.run(
        run, check=False, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE
    ).stdout


def test_the_process_may_not_write_files(tmp_path: Path) -> None:
    target = tmp_path / "file"
    run_inside(f"open({str(target)!r}, 'w').write('x')")
    assert not target.exists() or target.read_text() == ""


confined = pytest.mark.skipif(not landlock.version(), reason="no Landlock in this kernel")


@confined
@pytest.mark.parametrize(
    "attempt",
    [
        "open({file!r})",
        "open('/etc/passwd')",
        "open('/proc/self/environ')",
        "open({file!r}, 'a')",
        "open({file!r} + '2', 'w')",
        "os.listdir({folder!r})",
        "os.remove({file!r})",
        "os.mkdir({file!r} + '2')",
        "os.symlink('/', {file!r} + '2')",
        "os.rename({file!r}, {file!r} + '2')",
        "os.truncate({file!r}, 0)",
    ],
)
def test_the_process_neither_reads_nor_changes_files_of_its_user(
    tmp_path: Path, attempt: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kept")
    asked = attempt.format(file=str(secret), folder=str(tmp_path))
    code = f"try:\n    {asked}\nexcept PermissionError:\n    print('refused')"
    assert run_inside(code) == "refused\n"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"secret": "kept"}


@pytest.mark.parametrize("media_type", MEDIA_TYPES.values())
def test_no_reader_has_a_thread_that_would_keep_its_rights(media_type: str) -> None:
    code = f"reader({media_type!r})\nprint(len(os.listdir('/proc/self/task')))"
    script = f"import os\nfrom adapters.extraction.child import reader\n{code}"
    run = [sys.executable, "-c", script]
    told = subprocess.run(run, check=True, capture_output=True, text=True, cwd=ROOT)
    assert told.stdout == "1\n"


def test_a_kernel_without_landlock_reads_documents_too() -> None:
    without = "from adapters.extraction import landlock\nlandlock._CREATE = 100_000\n"
    assert run_inside("print('read')", before=without) == "read\n"


@confined
def test_nothing_is_read_where_landlock_is_there_and_refuses() -> None:
    refusing = "from adapters.extraction import landlock\nlandlock._RESTRICT = 100_000\n"
    assert run_inside("print('read')", before=refusing) == ""


@confined
def test_a_folder_that_this_system_lacks_keeps_nothing_from_being_read() -> None:
    lacking = "from adapters.extraction import limits\nlimits._READABLE += ('/lib128',)\n"
    assert run_inside("print('read')", before=lacking) == "read\n"


def test_the_process_has_a_network_of_its_own_where_the_kernel_allows() -> None:
    try:
        subprocess.run(["unshare", "-Un", "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no user namespaces here")
    network = "/proc/self/ns/net"
    inside = run_inside(f"print(os.readlink({network!r}))").strip()
    assert inside not in ("", str(Path(network).readlink()))


REFUSE_NAMESPACES = "def refuse(*_): raise OSError(1, 'refused')\nos.unshare = refuse\n"


@pytest.mark.parametrize("before", ["", REFUSE_NAMESPACES], ids=["namespace", "no namespace"])
@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('127.0.0.1', {port}), 5)",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket; socket.create_server(('127.0.0.1', 0))",
        "import threading; threading.Thread(target=connect).start()",
        "os.execv('/bin/true', ['true'])",
        "os.kill(os.getppid(), 0)",
        "check(libc.ptrace(16, os.getppid(), 0, 0))",
        "check(libc.syscall(425, 8, bytes(120)))",
    ],
)
def test_the_process_reaches_nobody(before: str, attempt: str) -> None:
    helpers = (
        "import ctypes, socket, threading\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def check(result):\n    if result < 0: raise OSError(ctypes.get_errno(), 'refused')\n"
        "def told(kind, *_): print(kind.exc_type.__name__)\n"
        "threading.excepthook = told\n"
        "def connect(): socket.create_connection(('127.0.0.1', {port}), 5)\n"
    )
    tried = "try:\n    {0}\nexcept PermissionError as error:\n    print('PermissionError')"
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        code = (helpers + tried.format(attempt)).replace("{port}", str(server.getsockname()[1]))
        assert run_inside(code, before=before) == "PermissionError\n"
        with pytest.raises(BlockingIOError):
            server.accept()


def test_without_namespace_and_without_filter_nothing_is_read() -> None:
    no_filter = "import platform; platform.machine = lambda: 'other'\n"
    assert run_inside("print('read')", before=REFUSE_NAMESPACES + no_filter) == ""
    assert run_inside("print('read')", before=REFUSE_NAMESPACES) == "read\n"


def test_the_process_has_no_more_than_its_share_of_the_processor() -> None:
    assert run_inside("while True: pass", cpu=1) == ""


def test_the_process_dies_with_its_parent() -> None:
    child = f"{LIMITED.format(cpu=10, before='')}\nimport time\nprint(flush=True)\ntime.sleep(60)"
    script = (
        "import subprocess, sys, time\n"
        f"run = [sys.executable, '-c', {child!r}]\n"
        "process = subprocess.Popen(run, stdout=subprocess.PIPE)\n"
        "process.stdout.readline()\nprint(process.pid, flush=True)\ntime.sleep(60)"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    until(lambda: not alive(pid))


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
