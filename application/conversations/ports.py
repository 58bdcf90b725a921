from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from application.shared.page import CursorPaging, PageRequest
from application.shared.records import Records
from domain.conversations.conversation import Conversation, ConversationId, MessageId
from domain.conversations.message import Message
from domain.conversations.stream import Happened, MessageEvent
from domain.shared.ids import UserId


class Conversations(Protocol):
    async def add(self, conversation: Conversation) -> None:
        """Raises SessionTaken."""
        ...

    async def get(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        """Locked until the running transaction ends. Raises NotFound, also for a deleted one."""
        ...

    async def read(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        """As `get`, without waiting for whoever holds the lock."""
        ...

    async def save(self, conversation: Conversation) -> None:
        """Raises SessionTaken."""
        ...

    async def page(
        self, owner: UserId, paging: CursorPaging, *, archived: bool
    ) -> list[Conversation]:
        """The rows that `paging` asks for. Pages go by age, the newest first; slices by the last
        change."""
        ...


class Messages(Protocol):
    async def add(self, message: Message) -> None:
        """Raises AlreadyAsked when its `client_message_id` is taken."""
        ...

    async def add_all(self, owner: UserId, messages: Sequence[Message]) -> None:
        """Inside a transaction, as `add`, in this order: one may stand under another."""
        ...

    async def get(self, owner: UserId, message_id: MessageId) -> Message:
        """Locked until the running transaction ends. Raises NotFound, also when its conversation
        is deleted."""
        ...

    async def read(self, owner: UserId, message_id: MessageId) -> Message:
        """As `get`, without waiting for whoever holds the lock; an answer that is being written has
        what is written so far."""
        ...

    async def sent_as(self, owner: UserId, client_message_id: str) -> Message | None:
        """The question that the client calls so, also in a deleted conversation."""
        ...

    async def answer_to(self, owner: UserId, question_id: MessageId) -> Message:
        """The first, as `read`. Raises NotFound."""
        ...

    async def answers_to_sent(self, owner: UserId, fingerprint: bytes) -> list[Message]:
        """The newest answers to what was sent with this fingerprint, the last one first."""
        ...

    async def branch(self, owner: UserId, leaf: MessageId, limit: int) -> list[Message]:
        """`leaf` and what stands above it, the oldest first: the last `limit` of them."""
        ...

    async def page(
        self, owner: UserId, conversation_id: ConversationId, paging: CursorPaging
    ) -> list[Message]:
        """The rows that `paging` asks for, each as `read`. Pages begin with the newest, slices with
        the oldest."""
        ...

    async def search(self, owner: UserId, words: str, request: PageRequest) -> list[Message]:
        """Messages that hold all the words, of conversations that are not deleted; the newest
        first."""
        ...

    async def running(self, owner: UserId, conversation_id: ConversationId) -> list[Message]:
        """Answers that have not ended, locked until the running transaction ends."""
        ...

    async def waiting(self, owner: UserId, answer_id: MessageId) -> list[MessageId]:
        """The answers to what was asked under an answer, while that was being made."""
        ...

    async def save(self, message: Message) -> None: ...


class MessageEvents(Protocol):
    """What happens to each answer, in order. Once it is kept, whoever listens to the message is
    woken."""

    async def append(
        self, owner: UserId, message_id: MessageId, happened: Sequence[Happened], at: datetime
    ) -> None:
        """Inside a transaction that has locked the message."""
        ...

    async def write(self, owner: UserId, message_id: MessageId, text: str, at: datetime) -> bool:
        """The next piece of an answer that is streaming; else nothing, and False."""
        ...

    async def after(self, owner: UserId, message_id: MessageId, seq: int) -> list[MessageEvent]: ...

    async def text(self, owner: UserId, message_id: MessageId) -> str:
        """What has been written so far."""
        ...

    async def purge(self, at: datetime) -> int:
        """Everybody's that have been KEPT: messages have all that they told. How many."""
        ...


class Endings(Protocol):
    async def ended(self, owner: UserId, message_id: MessageId) -> bool:
        """Whether the message has ended, or is no more. By a connection of its own: it may be asked
        whatever else is going on."""
        ...


class ConversationRecords(Records, Protocol):
    """What conversations keep of a user."""
