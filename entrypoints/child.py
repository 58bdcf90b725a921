"""What every process that `serve` starts does first."""

import ctypes
import os
import signal
import sys
from multiprocessing import parent_process

from entrypoints.supervisor import STOPPING

_PR_SET_PDEATHSIG = 1


def follow_parent() -> None:
    """End when `serve` ends, even by kill -9, and take signals, which `serve` had blocked."""
    if parent := _parent():
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches `serve` too, which tells us
        if os.getppid() != parent:  # it died before we asked
            raise SystemExit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [*STOPPING, signal.SIGCHLD])


def await_release() -> None:
    """Under `serve`, return when it closes our standard input: the tables are there."""
    if _parent():
        sys.stdin.buffer.read()


def die_with_parent() -> None:
    """For a process that granian forks: without its parent it would go on holding the port; and
    while it loads, SIGTERM would come to the parent's handler, which is of no use in a copy."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if (parent := parent_process()) and os.getppid() != parent.pid:  # it died before we asked
        os._exit(1)


def _parent() -> int:
    """The pid of `serve`; 0 for a command that a person started."""
    return int(os.environ.get("COLONNADE_PARENT", "0"))
