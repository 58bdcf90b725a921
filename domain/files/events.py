from dataclasses import dataclass
from uuid import UUID

from domain.files.file import StorageKey
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class FileForgotten:
    """Nothing refers to the file any more; its bytes, which the key names by ids, may go."""

    id: UUID
    user_id: UserId
    storage_key: StorageKey
