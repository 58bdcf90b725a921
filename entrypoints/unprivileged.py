"""PostgreSQL refuses to run as root: who it runs as instead, and how a child becomes that."""

import ctypes
import os
import pwd
import re
import signal
from pathlib import Path
from typing import NamedTuple

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CLONE_NEWUSER = 0x10000000
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
# chown, dac_override, kill, setgid, setuid: what root needs to run a child as someone else.
DROPPING = 1 << 0 | 1 << CAP_DAC_OVERRIDE | 1 << 5 | 1 << 6 | 1 << 7
_libc = ctypes.CDLL(None, use_errno=True)


class Runner(NamedTuple):
    """Whom the server runs as."""

    uid: int
    gid: int
    how: str = "as we are"
    inside: tuple[int, int] = (0, 0)  # of a user namespace; initdb wants a user with a name

    def give(self, folder: Path) -> None:
        """Make him the owner of `folder` and of all that is in it."""
        for path in (*folder.rglob("*"), folder):  # itself last: it tells whether all was done
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def become(self, parent: int) -> None:
        """In a child of `parent`, between fork and exec, so as little as can be: other threads'
        locks may be held. The child ends with its parent."""
        if self.how == "namespaced":
            self._enter_namespace()
        elif self.how != "as we are":
            _prctl(PR_SET_KEEPCAPS, int(self.how == "reaching"))
            os.setgroups([])
            os.setresgid(self.gid, self.gid, self.gid)
            os.setresuid(self.uid, self.uid, self.uid)
        if self.how == "reaching":
            _keep_reaching()
        _prctl(PR_SET_PDEATHSIG, signal.SIGINT)  # after the change of user, which clears it
        if os.getppid() != parent:
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    def _enter_namespace(self) -> None:
        uid, gid = self.inside
        _check(_libc.unshare(CLONE_NEWUSER))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {self.uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {self.gid} 1")


def runner_of(folder: Path, *reached: Path) -> Runner:
    """Who runs the server of `folder`: we, unless we are root. He has to reach folder and `reached`."""
    if os.geteuid() != 0:
        return Runner(os.geteuid(), os.getegid())
    status = Path("/proc/self/status").read_text()
    capabilities = int(re.findall(r"CapEff:\s*(\w+)", status)[0], 16)
    if capabilities & DROPPING != DROPPING:
        return Runner(0, os.getegid(), "namespaced", _unprivileged())
    above = [parent for path in (folder, *reached) for parent in path.parents]
    # With the capability a 0700 parent is no obstacle; without need of it, it is not given.
    how = "dropped" if all(path.stat().st_mode & 0o001 for path in above) else "reaching"
    if (folder / "PG_VERSION").exists() and (found := folder.stat()).st_uid:
        return Runner(found.st_uid, found.st_gid, how)
    return Runner(*_unprivileged(), how)


def _unprivileged() -> tuple[int, int]:
    users = {user.pw_name: user for user in pwd.getpwall()}
    user = users.get("postgres") or users["nobody"]
    return user.pw_uid, user.pw_gid


def _keep_reaching() -> None:
    """Go where permissions forbid, also after exec."""
    bit = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)(bit, bit, bit)))
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


def _prctl(option: int, *arguments: int) -> None:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    _check(_libc.prctl(option, *(ctypes.c_ulong(argument) for argument in padded)))


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
