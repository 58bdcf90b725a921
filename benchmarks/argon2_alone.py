"""Nothing but argon2: `python -m benchmarks.argon2_alone THREADS SECONDS` prints what came of it
as JSON.

The hash is made by the API's own adapter, so it has the API's parameters; it is verified by
argon2-cffi directly, in a thread pool of the same size. It is the floor of logins, and, run beside
the API, the stranger that burns its core.
"""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import argon2
import msgspec
from msgspec import Struct

from adapters.security.passwords import Argon2Passwords
from domain.identity.user import Password

_PASSWORD = "correct horse battery staple"


class Alone(Struct, frozen=True):
    """Verifications a second, and the CPU time of one."""

    rate: float
    cpu_ms: float


def verify(threads: int, seconds: float) -> Alone:
    hashed = asyncio.run(Argon2Passwords(1).hash(Password(_PASSWORD)))
    begin = time.perf_counter()

    def loop() -> int:
        hasher, counted = argon2.PasswordHasher(), 0
        while time.perf_counter() < begin + seconds:
            hasher.verify(hashed, _PASSWORD)
            counted += 1
        return counted

    with ThreadPoolExecutor(threads) as pool:
        cpu = time.process_time()
        counted = sum(done.result() for done in [pool.submit(loop) for _ in range(threads)])
    elapsed = time.perf_counter() - begin
    return Alone(counted / elapsed, 1000 * (time.process_time() - cpu) / max(1, counted))


if __name__ == "__main__":
    alone = verify(int(sys.argv[1]), float(sys.argv[2]))
    sys.stdout.buffer.write(msgspec.json.encode(alone))
