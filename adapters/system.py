import os
import time
from datetime import UTC, datetime
from uuid import UUID


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SystemSecrets:
    def token(self) -> bytes:
        return os.urandom(32)


class Uuid7:
    """Time-ordered ids: 48 bits of milliseconds, then a counter, then randomness (RFC 9562)."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> UUID:
        stamp = max(time.time_ns() * 4096 // 1_000_000, self._last + 1)  # ms and 12 bits below
        self._last = stamp
        ms, fraction = divmod(stamp, 4096)
        tail = int.from_bytes(os.urandom(8)) >> 2
        return UUID(int=ms << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | tail)
