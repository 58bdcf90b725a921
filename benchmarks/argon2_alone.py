"""Nothing but argon2: `python -m benchmarks.argon2_alone THREADS SECONDS` prints verifications a
second.

The hash is made by the API's own adapter, so it has the API's parameters; it is verified by
argon2-cffi directly, in a thread pool of the same size. It is the floor of logins, and, run beside
the API, the stranger that burns its core.
"""

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import argon2

from adapters.security.passwords import Argon2Passwords
from domain.identity.user import Password

_PASSWORD = "correct horse battery staple"
_WARM_UP = 0.3


def verifications(threads: int, seconds: float) -> float:
    """A second."""
    hashed = asyncio.run(Argon2Passwords(1).hash(Password(_PASSWORD)))
    begin = time.perf_counter() + _WARM_UP
    end = begin + seconds

    def loop() -> int:
        hasher, counted = argon2.PasswordHasher(), 0
        while (started := time.perf_counter()) < end:
            hasher.verify(hashed, _PASSWORD)
            counted += started >= begin
        return counted

    with ThreadPoolExecutor(threads) as pool:
        return sum(f.result() for f in [pool.submit(loop) for _ in range(threads)]) / seconds


if __name__ == "__main__":
    print(verifications(int(sys.argv[1]), float(sys.argv[2])))
