from dataclasses import dataclass
from datetime import datetime, timedelta

from application.files.ports import AllFiles, Objects, StoredObject, Sweeps
from application.files.views import Sweep
from application.shared.ports import Clock

GRACE = timedelta(hours=1)  # bytes come before their row: an upload on its way is no orphan


@dataclass(frozen=True, slots=True)
class SweepFiles:
    """Remove bytes that no file refers to, whosever they were, and count the files without bytes:
    those are never removed. Run by a schedule."""

    objects: Objects
    files: AllFiles
    sweeps: Sweeps
    clock: Clock

    async def __call__(self, older_than: timedelta = GRACE) -> Sweep:
        now = self.clock.now()
        horizon = now - older_than
        orphans = whole = 0
        async for batch in self.objects.listed():
            known = await self.files.created([one.key for one in batch])
            whole += sum(created_at < horizon for created_at in known.values())
            orphans += await self._remove([o for o in batch if o.key not in known], horizon)
        unfinished = await self.objects.remove_unfinished(horizon)
        # Counted last: a file that goes meanwhile may hide one that is missing, until the next
        # time, but none is ever missed that is there.
        missing = max(0, await self.files.count(horizon) - whole)
        sweep = Sweep(now, orphans, unfinished, missing)
        await self.sweeps.keep(sweep)
        return sweep

    async def _remove(self, unknown: list[StoredObject], horizon: datetime) -> int:
        old = [one.key for one in unknown if one.modified_at < horizon]
        for key in old:
            await self.objects.remove(key)
        return len(old)
