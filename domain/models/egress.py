from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressEvent:
    """One request that left this machine, written down before it left. Never changed. `object_ids`
    are the user's things that it held; `sha256` is that of the `bytes` that were sent."""

    user_id: UserId
    id: UUID
    attempt_id: UUID
    provider: str
    model: str
    purpose: str
    object_ids: tuple[UUID, ...]
    bytes: int
    sha256: str
    at: datetime
