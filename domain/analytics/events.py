from dataclasses import dataclass
from uuid import UUID

from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class BucketsMarked:
    """Some of the user's quarters of an hour have to be counted again."""

    id: UUID
    user_id: UserId
