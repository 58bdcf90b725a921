from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from application.conversations.asking import Asking
from application.conversations.metadata import bounded
from application.conversations.ports import Conversations, Messages
from application.conversations.questions import Content, Contradictory, DocumentIds, Name, Question
from application.conversations.stopping import Stopping
from application.conversations.views import ConversationView, conversation_view
from application.knowledge.exports import SearchIndex
from application.shared.actor import Actor, Scope
from application.shared.page import CursorPaging, UncountedListing, uncounted
from application.shared.patch import given
from application.shared.ports import Clock, Ids, Transaction
from application.shared.text import Text
from domain.conversations.conversation import (
    Conversation,
    ConversationId,
    Kind,
    MessageId,
    title_of,
)
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId

type Title = Annotated[Text, Meta(min_length=1, max_length=200)]


class NewConversation(Struct, frozen=True, forbid_unknown_fields=True):
    """All may be left out. `session_type` is another name of `kind`; with `initial_message` the
    conversation begins with a question."""

    title: Title | None = None
    kind: Kind | None = None
    session_type: Kind | None = None
    session_id: Name | None = None
    metadata: dict[str, Any] = {}
    document_ids: DocumentIds = []
    initial_message: Content | None = None

    def agreed_kind(self) -> Kind:
        """Raises Contradictory."""
        kind = self.kind or self.session_type or Kind.RESEARCH
        if self.session_type not in (None, kind):
            raise Contradictory("kind and session_type are the same: send one", "session_type")
        return kind


class ConversationChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays as it is. `active_leaf`: under which of its answers the conversation
    goes on."""

    title: Title | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    active_leaf: UUID | UnsetType = UNSET


class Attached(Struct, frozen=True, forbid_unknown_fields=True):
    """What the conversation searches; none: all your documents."""

    document_ids: DocumentIds


@dataclass(frozen=True, slots=True)
class CreateConversation:
    """Begin a conversation, perhaps with a question. Raises SessionTaken, NotFound,
    Contradictory, InvalidMetadata, BudgetExceeded."""

    conversations: Conversations
    asking: Asking
    index: SearchIndex
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewConversation) -> ConversationView:
        actor.require(Scope.CHAT)
        ids = [DocumentId(one) for one in dict.fromkeys(new.document_ids)]
        await self.index.require(actor.user_id, ids)
        now = self.clock.now()
        conversation = Conversation(
            id=ConversationId(self.ids.next()),
            user_id=actor.user_id,
            kind=new.agreed_kind(),
            title=new.title or title_of(new.initial_message),
            session_id=new.session_id,
            metadata=bounded(new.metadata),
            document_ids=ids,
            created_at=now,
            updated_at=now,
        )
        async with self.transaction:
            await self.conversations.add(conversation)
            if new.initial_message is not None:
                question = Question(new.initial_message)
                await self.asking.ask(conversation, question, question.fingerprint)
                await self.conversations.save(conversation)
        return conversation_view(conversation)


@dataclass(frozen=True, slots=True)
class ListConversations:
    """One's own: pages by age, slices by the last change; the archived ones by themselves."""

    conversations: Conversations

    async def __call__(
        self, actor: Actor, paging: CursorPaging, *, archived: bool
    ) -> UncountedListing[ConversationView]:
        actor.require(Scope.CHAT)
        found = await self.conversations.page(actor.user_id, paging, archived=archived)
        return uncounted(paging, [conversation_view(one) for one in found], lambda one: one.id)


@dataclass(frozen=True, slots=True)
class ShowConversation:
    """Raises NotFound."""

    conversations: Conversations

    async def __call__(self, actor: Actor, conversation_id: ConversationId) -> ConversationView:
        actor.require(Scope.CHAT)
        return conversation_view(await self.conversations.read(actor.user_id, conversation_id))


@dataclass(frozen=True, slots=True)
class ChangeConversation:
    """Name it, archive it, or go on under another of its answers. Raises NotFound, NotAnAnswer,
    InvalidMetadata."""

    conversations: Conversations
    messages: Messages
    clock: Clock
    transaction: Transaction

    async def __call__(
        self, actor: Actor, conversation_id: ConversationId, change: ConversationChange
    ) -> ConversationView:
        actor.require(Scope.CHAT)
        async with self.transaction:
            conversation = await self.conversations.get(actor.user_id, conversation_id)
            if change.active_leaf is not UNSET:
                await self._check(conversation, MessageId(change.active_leaf))
            for name, value in given(change).items():
                setattr(conversation, name, value)
            bounded(conversation.metadata)
            conversation.updated_at = self.clock.now()
            await self.conversations.save(conversation)
        return conversation_view(conversation)

    async def _check(self, conversation: Conversation, leaf: MessageId) -> None:
        answer = await self.messages.read(conversation.user_id, leaf)
        if answer.conversation_id != conversation.id:
            raise NotFound("there is no such message in this conversation")
        answer.check_answer()


@dataclass(frozen=True, slots=True)
class AttachDocuments:
    """Say which documents a conversation searches. Raises NotFound."""

    conversations: Conversations
    index: SearchIndex
    clock: Clock
    transaction: Transaction

    async def __call__(
        self, actor: Actor, conversation_id: ConversationId, attached: Attached
    ) -> ConversationView:
        actor.require(Scope.CHAT)
        await self.conversations.read(actor.user_id, conversation_id)
        ids = [DocumentId(one) for one in dict.fromkeys(attached.document_ids)]
        await self.index.require(actor.user_id, ids)
        async with self.transaction:
            conversation = await self.conversations.get(actor.user_id, conversation_id)
            conversation.document_ids = ids
            conversation.updated_at = self.clock.now()
            await self.conversations.save(conversation)
        return conversation_view(conversation)


@dataclass(frozen=True, slots=True)
class DeleteConversation:
    """From now on nobody reads it or asks in it; what was being answered is stopped. Raises
    NotFound."""

    conversations: Conversations
    messages: Messages
    stopping: Stopping
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, conversation_id: ConversationId) -> None:
        actor.require(Scope.CHAT)
        async with self.transaction:
            conversation = await self.conversations.get(actor.user_id, conversation_id)
            for answer in await self.messages.running(actor.user_id, conversation_id):
                await self.stopping.stop(answer)
            conversation.deleted_at = self.clock.now()
            await self.conversations.save(conversation)
