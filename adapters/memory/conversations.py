import re
from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from uuid import UUID, uuid4

from adapters.memory.store import Store
from application.analytics.ports import Subjects
from application.conversations.ports import (
    Conversations,
    Endings,
    MessageEvents,
    Messages,
)
from application.conversations.resuming import LostAnswers
from application.shared.page import CursorPaging, PageRequest
from domain.conversations.conversation import (
    Conversation,
    ConversationId,
    MessageId,
    SessionTaken,
)
from domain.conversations.events import AnswerDue
from domain.conversations.message import AlreadyAsked, Message, MessageStatus
from domain.conversations.stream import KEPT, EventType, Happened, MessageEvent
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Kept:
    user_id: UserId
    message_id: MessageId
    event: MessageEvent
    at: datetime


class MemoryConversations:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, conversation: Conversation) -> None:
        for other in self._store.table(Conversation).values():
            same = other.session_id is not None and other.session_id == conversation.session_id
            if same and other.user_id == conversation.user_id and other.deleted_at is None:
                raise SessionTaken("you have a conversation with this session_id")
        await self.save(conversation)

    async def get(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        conversation = self._store.table(Conversation).get((owner, conversation_id))
        if conversation is None or conversation.deleted_at is not None:
            raise NotFound("there is no such conversation")
        return deepcopy(conversation)

    async def read(self, owner: UserId, conversation_id: ConversationId) -> Conversation:
        return await self.get(owner, conversation_id)

    async def save(self, conversation: Conversation) -> None:
        table = self._store.table(Conversation)
        table[conversation.user_id, conversation.id] = deepcopy(conversation)

    async def page(
        self, owner: UserId, paging: CursorPaging, *, archived: bool
    ) -> list[Conversation]:
        mine = [
            deepcopy(one)
            for one in self._store.table(Conversation).values()
            if one.user_id == owner and one.deleted_at is None and one.is_archived is archived
        ]
        if isinstance(paging, PageRequest):
            return _newest(mine, paging)
        mine.sort(key=lambda one: (one.updated_at, one.id), reverse=True)
        return mine[paging.skip :][: paging.rows]


class MemoryMessages:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, message: Message) -> None:
        name = message.client_message_id
        if name is not None and await self.sent_as(message.user_id, name) is not None:
            raise AlreadyAsked("this client_message_id was sent before")
        await self.save(message)

    async def add_all(self, owner: UserId, messages: Sequence[Message]) -> None:
        for message in messages:
            await self.add(message)

    async def get(self, owner: UserId, message_id: MessageId) -> Message:
        message = self._store.table(Message).get((owner, message_id))
        if message is None or not _is_live(self._store, message):
            raise NotFound("there is no such message")
        return deepcopy(message)

    async def read(self, owner: UserId, message_id: MessageId) -> Message:
        return self._written(await self.get(owner, message_id))

    async def sent_as(self, owner: UserId, client_message_id: str) -> Message | None:
        named = (one for one in self._of(owner) if one.client_message_id == client_message_id)
        return deepcopy(next(named, None))

    async def answer_to(self, owner: UserId, question_id: MessageId) -> Message:
        answers = [
            one
            for one in self._of(owner)
            if one.parent_id == question_id and _is_live(self._store, one)
        ]
        if not answers:
            raise NotFound("there is no such message")
        return self._written(min(answers, key=attrgetter("id")))

    async def answers_to_sent(self, owner: UserId, fingerprint: bytes) -> list[Message]:
        sent = {one.id for one in self._of(owner) if one.fingerprint == fingerprint}
        found = [
            one for one in self._of(owner) if one.parent_id in sent and _is_live(self._store, one)
        ]
        return _newest(found, PageRequest())

    async def branch(self, owner: UserId, leaf: MessageId, limit: int) -> list[Message]:
        found: list[Message] = []
        above: MessageId | None = leaf
        while above is not None and len(found) < limit:
            found.append(await self.get(owner, above))
            above = found[-1].parent_id
        return found[::-1]

    async def page(
        self, owner: UserId, conversation_id: ConversationId, paging: CursorPaging
    ) -> list[Message]:
        found = [one for one in self._of(owner) if one.conversation_id == conversation_id]
        if isinstance(paging, PageRequest):
            return [self._written(one) for one in _newest(found, paging)]
        found = sorted(found, key=attrgetter("id"))[paging.skip :][: paging.rows]
        return [self._written(one) for one in found]

    async def search(self, owner: UserId, words: str, request: PageRequest) -> list[Message]:
        wanted = set(_WORDS.findall(words.casefold()))
        found = [
            one
            for one in self._of(owner)
            if wanted
            and wanted <= set(_WORDS.findall(one.content.casefold()))
            and _is_live(self._store, one)
        ]
        return _newest(found, request)

    async def running(self, owner: UserId, conversation_id: ConversationId) -> list[Message]:
        mine = (one for one in self._of(owner) if one.conversation_id == conversation_id)
        return [deepcopy(one) for one in mine if not one.status.terminal]

    async def waiting(self, owner: UserId, answer_id: MessageId) -> list[MessageId]:
        asked = {one.id for one in self._of(owner) if one.parent_id == answer_id}
        unmade = (MessageStatus.PENDING, MessageStatus.STOPPED)
        found = (one for one in self._of(owner) if one.parent_id in asked)
        return sorted(one.id for one in found if one.status in unmade)

    async def save(self, message: Message) -> None:
        self._store.table(Message)[message.user_id, message.id] = deepcopy(message)

    def _of(self, owner: UserId) -> Iterable[Message]:
        return [one for one in self._store.table(Message).values() if one.user_id == owner]

    def _written(self, message: Message) -> Message:
        if message.status is not MessageStatus.STREAMING:
            return deepcopy(message)
        return replace(deepcopy(message), content=_text(self._store, message.user_id, message.id))


class MemoryMessageEvents:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def append(
        self, owner: UserId, message_id: MessageId, happened: Sequence[Happened], at: datetime
    ) -> None:
        last = len(self._of(owner, message_id))
        for seq, one in enumerate(happened, last + 1):
            event = MessageEvent(seq, one.type, one.data)
            self._store.table(_Kept)[owner, uuid4()] = _Kept(owner, message_id, event, at)
        self._store.topics.wake(message_id)

    async def write(self, owner: UserId, message_id: MessageId, text: str, at: datetime) -> bool:
        message = self._store.table(Message).get((owner, message_id))
        if message is None or message.status is not MessageStatus.STREAMING:
            return False
        await self.append(owner, message_id, [Happened(EventType.DELTA, {"text": text})], at)
        return True

    async def after(self, owner: UserId, message_id: MessageId, seq: int) -> list[MessageEvent]:
        return [event for event in self._of(owner, message_id) if event.seq > seq]

    async def text(self, owner: UserId, message_id: MessageId) -> str:
        return _text(self._store, owner, message_id)

    async def purge(self, at: datetime) -> int:
        table = self._store.table(_Kept)
        old = [key for key, kept in table.items() if kept.at + KEPT <= at]
        for key in old:
            del table[key]
        return len(old)

    def _of(self, owner: UserId, message_id: MessageId) -> list[MessageEvent]:
        return _events(self._store, owner, message_id)


class MemoryEndings:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def ended(self, owner: UserId, message_id: MessageId) -> bool:
        message = self._store.table(Message).get((owner, message_id))
        return message is None or message.status.terminal


class MemorySubjects:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, owner: UserId, message_ids: Collection[UUID]) -> dict[UUID, DocumentId]:
        table = self._store.table(Message)
        found = [table[owner, one] for one in message_ids if (owner, one) in table]
        return {
            one.id: documents[0]
            for one in found
            if _is_live(self._store, one)
            and (documents := [*(c.document_id for c in one.citations), *one.document_ids])
        }


class MemoryLostAnswers:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, before: datetime, limit: int) -> list[tuple[UserId, MessageId]]:
        due = {one.answer_id for one in self._store.events if isinstance(one, AnswerDue)}
        table = self._store.table(Message)

        def waits(answer: Message) -> bool:
            above = table[answer.user_id, answer.question_id].parent_id
            return above is not None and not table[answer.user_id, above].status.terminal

        found = [
            one
            for one in table.values()
            if not one.status.terminal
            and one.created_at < before
            and one.id not in due
            and not waits(one)
        ]
        oldest = sorted(found, key=attrgetter("created_at", "id"))[:limit]
        return [(one.user_id, one.id) for one in oldest]


def _is_live(store: Store, message: Message) -> bool:
    conversation = store.table(Conversation).get((message.user_id, message.conversation_id))
    return conversation is not None and conversation.deleted_at is None


def _events(store: Store, owner: UserId, message_id: MessageId) -> list[MessageEvent]:
    kept = store.table(_Kept).values()
    mine = [one.event for one in kept if (one.user_id, one.message_id) == (owner, message_id)]
    return sorted(mine, key=attrgetter("seq"))


def _text(store: Store, owner: UserId, message_id: MessageId) -> str:
    events = _events(store, owner, message_id)
    return "".join(one.data["text"] for one in events if one.type is EventType.DELTA)


def _newest[T: (Conversation, Message)](found: Iterable[T], request: PageRequest) -> list[T]:
    ordered = sorted(found, key=attrgetter("id"), reverse=True)
    older = [one for one in ordered if request.after is None or one.id < request.after]
    return deepcopy(older[: request.rows])


PORTS: dict[type, type] = {
    Conversations: MemoryConversations,
    Endings: MemoryEndings,
    LostAnswers: MemoryLostAnswers,
    MessageEvents: MemoryMessageEvents,
    Messages: MemoryMessages,
    Subjects: MemorySubjects,
}
