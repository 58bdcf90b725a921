from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from application.conversations.ports import Conversations, Messages
from application.conversations.views import Asked, MessageView, message_view
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Outbox, Transaction
from application.shared.text import Text
from domain.conversations.conversation import Conversation, ConversationId, Kind, title_of
from domain.conversations.events import QuestionAsked
from domain.conversations.message import Message, MessageId, MessageStatus, Role
from domain.shared.ids import DocumentId


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `conversation_id` a conversation begins. `document_ids` limits what is searched."""

    content: Annotated[Text, Meta(min_length=1, max_length=10_000)]
    conversation_id: UUID | None = None
    kind: Kind = Kind.RESEARCH
    session_id: Annotated[Text, Meta(min_length=1, max_length=255)] | None = None
    document_ids: Annotated[list[UUID], Meta(max_length=100)] = []
    trace_id: Annotated[Text, Meta(max_length=255)] | None = None


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """Keep the question and the answer to be made, and set somebody to make it: from here on
    nothing is lost, whoever goes away. Raises NotFound, SessionTaken."""

    conversations: Conversations
    messages: Messages
    clock: Clock
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor, question: Question) -> Asked:
        actor.require(Scope.CHAT)
        async with self.transaction:
            conversation = await self._conversation(actor, question)
            parent = await self.messages.newest(actor.user_id, conversation.id)
            asked = self._message(conversation, parent, Role.USER, question)
            answer = self._message(conversation, asked.id, Role.ASSISTANT, question)
            await self.messages.add(asked)
            await self.messages.add(answer)
            await self.outbox.publish(QuestionAsked(self.ids.next(), actor.user_id, answer.id))
        return Asked(message_view(asked), message_view(answer))

    async def _conversation(self, actor: Actor, question: Question) -> Conversation:
        now = self.clock.now()
        if question.conversation_id is not None:
            conversation_id = ConversationId(question.conversation_id)
            conversation = await self.conversations.get(actor.user_id, conversation_id)
            conversation.updated_at = now
            await self.conversations.save(conversation)
            return conversation
        conversation = Conversation(
            id=ConversationId(self.ids.next()),
            user_id=actor.user_id,
            kind=question.kind,
            title=title_of(question.content),
            session_id=question.session_id,
            created_at=now,
            updated_at=now,
        )
        await self.conversations.add(conversation)
        return conversation

    def _message(
        self, conversation: Conversation, parent: MessageId | None, role: Role, question: Question
    ) -> Message:
        mine = role is Role.USER
        return Message(
            id=MessageId(self.ids.next()),
            user_id=conversation.user_id,
            conversation_id=conversation.id,
            parent_id=parent,
            role=role,
            content=question.content if mine else "",
            status=MessageStatus.COMPLETE if mine else MessageStatus.PENDING,
            document_ids=[DocumentId(one) for one in question.document_ids],
            trace_id=question.trace_id,
            created_at=self.clock.now(),
        )


@dataclass(frozen=True, slots=True)
class ShowMessage:
    """One's own message, as it is now. Raises NotFound."""

    messages: Messages

    async def __call__(self, actor: Actor, message_id: MessageId) -> MessageView:
        actor.require(Scope.CHAT)
        return message_view(await self.messages.read(actor.user_id, message_id))
