from dataclasses import dataclass

from application.files.ports import Objects
from domain.files.events import FileForgotten


@dataclass(frozen=True, slots=True)
class RemoveBytes:
    """Follows FileForgotten: a row always has bytes, so the bytes go last."""

    objects: Objects

    async def __call__(self, event: FileForgotten) -> None:
        await self.objects.remove(event.storage_key)
