from typing import Protocol

from application.shared.records import Records
from domain.conversations.conversation import Conversation, ConversationId
from domain.conversations.message import Message, MessageId
from domain.shared.ids import UserId


class Conversations(Protocol):
    async def add(self, conversation: Conversation) -> None:
        """Raises SessionTaken."""
        ...

    async def get(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        """Locked until the running transaction ends. Raises NotFound, also for a deleted one."""
        ...

    async def save(self, conversation: Conversation) -> None: ...


class Messages(Protocol):
    async def add(self, message: Message) -> None: ...

    async def get(self, owner: UserId, message_id: MessageId) -> Message:
        """Locked until the running transaction ends. Raises NotFound, also when its conversation
        is deleted."""
        ...

    async def read(self, owner: UserId, message_id: MessageId) -> Message:
        """As `get`, without waiting for whoever holds the lock."""
        ...

    async def newest(self, owner: UserId, conversation_id: ConversationId) -> MessageId | None: ...

    async def save(self, message: Message) -> None: ...


class ConversationRecords(Records, Protocol):
    """What conversations keep of a user."""
