from datetime import datetime

from msgspec import Struct


class Sweep(Struct, frozen=True):
    """What was found in the storage: `orphans`, whole objects that no file refers to, and
    `unfinished` ones, both removed; and how many files are `missing` their bytes."""

    at: datetime
    orphans: int
    unfinished: int
    missing: int


class StorageHealth(Struct, frozen=True):
    """Whether an object could be put, read and removed, some seconds ago at most; and what the last
    sweep found, null before the first."""

    writable: bool
    swept: Sweep | None
