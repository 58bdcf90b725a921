from copy import deepcopy

from adapters.memory.store import Store
from application.conversations.ports import Conversations, Messages
from domain.conversations.conversation import Conversation, ConversationId, SessionTaken
from domain.conversations.message import Message, MessageId
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


class MemoryConversations:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, conversation: Conversation) -> None:
        for other in self._store.table(Conversation).values():
            same = other.session_id is not None and other.session_id == conversation.session_id
            if same and other.user_id == conversation.user_id:
                raise SessionTaken("you have a conversation with this session_id")
        await self.save(conversation)

    async def get(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        conversation = self._store.table(Conversation).get((owner, conversation_id))
        if conversation is None or conversation.deleted_at is not None:
            raise NotFound("there is no such conversation")
        return deepcopy(conversation)

    async def save(self, conversation: Conversation) -> None:
        table = self._store.table(Conversation)
        table[conversation.user_id, conversation.id] = deepcopy(conversation)


class MemoryMessages:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, message: Message) -> None:
        await self.save(message)

    async def get(self, owner: UserId, message_id: MessageId) -> Message:
        message = self._store.table(Message).get((owner, message_id))
        if message is None:
            raise NotFound("there is no such message")
        conversation = self._store.table(Conversation).get((owner, message.conversation_id))
        if conversation is None or conversation.deleted_at is not None:
            raise NotFound("there is no such message")
        return deepcopy(message)

    async def read(self, owner: UserId, message_id: MessageId) -> Message:
        return await self.get(owner, message_id)

    async def newest(self, owner: UserId, conversation_id: ConversationId) -> MessageId | None:
        messages = self._store.table(Message).values()
        mine = [
            m.id for m in messages if (m.user_id, m.conversation_id) == (owner, conversation_id)
        ]
        return max(mine, default=None)

    async def save(self, message: Message) -> None:
        self._store.table(Message)[message.user_id, message.id] = deepcopy(message)


PORTS: dict[type, type] = {
    Conversations: MemoryConversations,
    Messages: MemoryMessages,
}
