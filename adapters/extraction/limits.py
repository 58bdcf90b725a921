"""What a process that reads a foreign document may not do."""

import contextlib
import ctypes
import os
import resource
import signal
import site
import sys

from adapters.extraction import landlock
from adapters.extraction.seccomp import refuse_calls

# Python's own modules, what is installed, this package, and what the C library loads by itself: what
# a reader may still ask for when it meets its document.
_READABLE = (
    os.path.dirname(os.__file__),  # noqa: PTH120  pathlib is not loaded here
    *site.getsitepackages(),
    os.path.dirname(__file__),  # noqa: PTH120
    "/usr/lib",
    "/lib",
    "/lib64",
)


def give_up_rights(memory: int, cpu: int, parent: int) -> None:
    os.nice(10)
    os.chdir("/")
    base = _address_space()
    _limit(resource.RLIMIT_AS, base + memory)
    _limit(resource.RLIMIT_CPU, cpu, cpu + 5)  # SIGXCPU first: it says why
    _limit(resource.RLIMIT_FSIZE, 0)  # the result goes to a pipe
    _limit(resource.RLIMIT_NOFILE, 64)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        alone = _leave_network()
        _control(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        _control(38, 1)  # PR_SET_NO_NEW_PRIVS
        if os.getppid() != parent:
            os._exit(1)  # the parent died before it could take us with it
        if landlock.version():  # where there is none, whoever runs us is told when we start
            landlock.only_read(_READABLE)
        try:
            refuse_calls()
        except OSError:
            if not alone:  # better no document than one that is read with a network
                raise


def _leave_network() -> bool:
    """Some kernels and most containers refuse a namespace."""
    try:
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)
    except OSError:
        return False
    _limit(resource.RLIMIT_NPROC, 64)  # without a namespace it would count all the user's
    return True


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    """Down only: what was lower already stays."""
    _, allowed = resource.getrlimit(kind)
    hard = soft if hard is None else hard
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit on address space
        resource.setrlimit(kind, (soft, hard))


def _address_space() -> int:
    """Bytes that the interpreter and its libraries have mapped before they see the document."""
    try:
        with open("/proc/self/statm") as pages:  # noqa: PTH123
            return int(pages.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def _control(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
