"""A filter of system calls: what a process that reads a foreign document has no reason to ask for."""

import ctypes
import platform
import struct

_CALLS = {  # by machine: how the kernel calls it, the number of `seccomp`, what is refused
    "x86_64": (
        0xC000003E,
        317,
        {
            "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "accept4": 288,
            "execve": 59, "execveat": 322, "kill": 62, "ptrace": 101, "process_vm_readv": 310,
            "process_vm_writev": 311, "pidfd_getfd": 438, "bpf": 321, "perf_event_open": 298,
            "userfaultfd": 323, "io_uring_setup": 425, "mount": 165, "setns": 308,
        },
    ),
    "aarch64": (
        0xC00000B7,
        277,
        {
            "socket": 198, "connect": 203, "accept": 202, "bind": 200, "listen": 201,
            "accept4": 242, "execve": 221, "execveat": 281, "kill": 129, "ptrace": 117,
            "process_vm_readv": 270, "process_vm_writev": 271, "pidfd_getfd": 438, "bpf": 280,
            "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425, "mount": 40,
            "setns": 268,
        },
    ),
}  # fmt: skip
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of BPF
_NUMBER, _ARCHITECTURE = 0, 4  # where they stand in what the filter sees
_X32 = 0x40000000  # a second set of numbers for the same calls of x86-64
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # with EPERM
_SET_FILTER, _ALL_THREADS = 1, 1


def refuse_calls() -> None:
    """For good, and for every thread. Raises OSError where the kernel or the machine has no filter.
    The caller has said NO_NEW_PRIVS."""
    if platform.machine() not in _CALLS:
        raise OSError(f"no filter of system calls for {platform.machine()}")
    architecture, seccomp, refused = _CALLS[platform.machine()]
    program = ctypes.create_string_buffer(_program(architecture, sorted(refused.values())))
    length = (len(program) - 1) // 8
    described = struct.pack("@HP", length, ctypes.addressof(program))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(seccomp, _SET_FILTER, _ALL_THREADS, described) != 0:
        raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")


def _program(architecture: int, refused: list[int]) -> bytes:
    """Each instruction may skip what follows: so many when it holds, so many when not."""
    last = len(refused) + 1  # instructions between the comparison and the refusal
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, last + 2, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, last, 0, _X32),
        *((_EQUAL, last - 1 - place, 0, number) for place, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
