"""What other contexts may do with conversations."""

from application.conversations.ports import ConversationRecords
from application.shared.records import Record
from domain.shared.ids import UserId

__all__ = ["ConversationRecords", "erase", "export"]


async def export(user_id: UserId, records: ConversationRecords) -> dict[str, list[Record]]:
    """Conversations and their messages."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: ConversationRecords) -> None:
    """Inside a transaction."""
    await records.erase(user_id)
