"""What every process that `serve` starts does first."""

import ctypes
import os
import signal

from entrypoints.supervisor import STOPPING

_PR_SET_PDEATHSIG = 1


def follow_parent() -> None:
    """End when `serve` ends, even by kill -9, and take signals, which `serve` had blocked."""
    parent = int(os.environ.get("COLONNADE_PARENT", "0"))
    if parent:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            raise SystemExit(1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [*STOPPING, signal.SIGCHLD])


def die_with_parent() -> None:
    """For a process that granian forks: without its parent it would go on holding the port."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
