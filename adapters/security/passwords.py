import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pwdlib import PasswordHash as Hasher
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.identity.user import Password, PasswordHash
from domain.shared.errors import Unavailable


class Argon2Passwords:
    """Argon2id (RFC 9106: m=19 MiB, t=2, p=1) in threads of its own. A login flood waits here, for
    at most `patience`, and nowhere else: the event loop, the default executor and the database
    never wait for it."""

    def __init__(self, threads: int, patience: timedelta = timedelta(milliseconds=750)) -> None:
        self._hasher = Hasher((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
        self._decoy = self._hasher.hash("nobody's password")
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._free = asyncio.Semaphore(threads)
        self._patience = patience

    async def hash(self, password: Password) -> PasswordHash:
        return PasswordHash(await self._run(self._hasher.hash, password.text))

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        same = await self._run(self._hasher.verify, typed, against or self._decoy)
        return same and against is not None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run[*Args, T](self, work: Callable[[*Args], T], *args: *Args) -> T:
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable("too many sign-ins at once", timedelta(seconds=2)) from None
        loop = asyncio.get_running_loop()
        thread = self._pool.submit(work, *args)
        # Released when the thread ends: cancelling the request does not stop the thread.
        thread.add_done_callback(lambda _: loop.call_soon_threadsafe(self._free.release))
        return await asyncio.wrap_future(thread)
