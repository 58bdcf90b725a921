"""Which files a process may open, by Landlock: Linux 5.13 and later, unless it is switched off."""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the calls, on every machine
_ASK_VERSION = 1
_BENEATH = 1  # a rule about a folder and all that is in it
_READ = 0b1100  # to read a file, to list a folder
_RIGHTS = (0, 13, 14, 15, 15, 16)  # how many rights about files each version knows


def version() -> int:
    """0 where there is none."""
    if sys.platform != "linux":
        return 0
    found: int = ctypes.CDLL(None).syscall(_CREATE, None, 0, _ASK_VERSION)
    return max(found, 0)


def only_read(folders: Iterable[str]) -> None:
    """For good: no file can be opened, made or removed, but those in `folders` can be read; one
    that is not there is left out. Raises OSError. The caller has said NO_NEW_PRIVS and has no
    threads."""
    rights = _RIGHTS[min(version(), len(_RIGHTS) - 1)]
    rules = _call(_CREATE, struct.pack("=Q", (1 << rights) - 1), 8, 0)
    try:
        for folder in folders:
            _allow(rules, folder)
        _call(_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _allow(rules: int, folder: str) -> None:
    try:
        place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        _call(_ADD, rules, _BENEATH, struct.pack("=Qi", _READ, place), 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return result
