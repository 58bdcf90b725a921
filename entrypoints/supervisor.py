"""Keeps child processes alive until it is told to stop, then ends them, the last started first."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

STOPPING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_WAKING = STOPPING | {signal.SIGCHLD}
_BACKOFF = (1, 2, 4, 8, 16, 30)  # seconds
_STEADY = 60.0  # seconds after which a child counts as well
_GRACE = 3.5  # seconds a child gets to finish what it does

_log = structlog.get_logger("serve")


class Stopped(Exception):
    """SIGINT, SIGTERM or SIGHUP came."""


class Process(Protocol):
    def launch(self) -> None: ...

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        ...

    def stop(self, seconds: float) -> None: ...


class Command:
    """One of our own commands as a child: `python -m entrypoints …`."""

    def __init__(self, arguments: Sequence[str], environ: dict[str, str]) -> None:
        self._arguments = [sys.executable, "-m", "entrypoints", *arguments]
        self._environ = environ | {"COLONNADE_PARENT": str(os.getpid())}
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        self._spawn(subprocess.DEVNULL)

    def prepare(self) -> None:
        """Launch it, to go no further than `await_release` before `release`."""
        self._spawn(subprocess.PIPE)

    def release(self) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def run(self) -> int:
        """Wait for its end and tell the exit code. Raises Stopped."""
        self.launch()
        while (code := self.poll()) is None:
            _pause(0.5)
        return code

    def poll(self) -> int | None:
        return self._process.poll() if self._process else 0

    def ask(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def stop(self, seconds: float) -> None:
        self.ask()
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _spawn(self, stdin: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own command
            self._arguments, env=self._environ, stdin=stdin
        )


class Watched:
    """A child and how often it died lately."""

    def __init__(self, name: str, process: Process) -> None:
        self.name, self.process = name, process
        self._deaths, self._started, self._due = 0, time.monotonic(), 0.0

    def tend(self, now: float) -> None:
        """Start the child again if it died and its pause is over."""
        if self._due:
            if now >= self._due:
                self._launch(now)
        elif (code := self.process.poll()) is not None:
            self._deaths = 0 if now - self._started > _STEADY else self._deaths
            pause = _BACKOFF[min(self._deaths, len(_BACKOFF) - 1)]
            self._deaths += 1
            self._due = now + pause
            _log.warning("child_died", child=self.name, code=code, again_in_seconds=pause)

    def _launch(self, now: float) -> None:
        self._started, self._due = now, 0.0
        try:
            self.process.launch()
        except Exception as error:
            _log.error("child_not_started", child=self.name, reason=str(error))


def hold_signals() -> None:
    """From here on signals wait until we ask for them. Before the first child: one that came
    between would end us and leave the child."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAKING)


def supervise(
    children: Sequence[Watched], until: Callable[[], bool] = lambda: False, every: float = 0.5
) -> None:
    """Tend the children, `until` is asked in between, `every` so many seconds. Raises Stopped."""
    while not until():
        _pause(every)
        for child in children:
            child.tend(time.monotonic())


def _pause(seconds: float) -> None:
    """Or less: a child that ends wakes us. Raises Stopped."""
    found = signal.sigtimedwait(_WAKING, seconds)
    if found is not None and found.si_signo in STOPPING:
        raise Stopped


def end(commands: Sequence[Command]) -> None:
    """Ask all at once, wait for each, kill who stays."""
    for command in commands:
        command.ask()
    deadline = time.monotonic() + _GRACE
    for command in commands:
        command.stop(max(0.0, deadline - time.monotonic()))
