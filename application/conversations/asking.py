from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, to_builtins

from application.analytics.exports import Feature, Meter
from application.conversations.ports import Conversations, MessageEvents, Messages
from application.conversations.views import Asked, MessageView, message_view
from application.knowledge.exports import SearchIndex
from application.models.exports import ChatModels
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Outbox, Transaction
from application.shared.text import Text
from domain.conversations.conversation import (
    Conversation,
    ConversationId,
    Kind,
    MessageId,
    title_of,
)
from domain.conversations.events import AnswerDue, QuestionAsked
from domain.conversations.message import (
    EXTRACTIVE,
    AlreadyAsked,
    AnswerNotEnded,
    Message,
    MessageStatus,
    Role,
)
from domain.conversations.stream import EventType, Happened
from domain.shared.ids import DocumentId, UserId

type Content = Annotated[Text, Meta(min_length=1, max_length=10_000)]
type Name = Annotated[Text, Meta(min_length=1, max_length=255)]
type ModelName = Annotated[Text, Meta(min_length=1, max_length=100)]
type DocumentIds = Annotated[list[UUID], Meta(max_length=100)]


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `conversation_id` a conversation begins. `document_ids`, which older clients call
    `sources`, limits what is searched. `model` is one of `GET /chat/models`, or `extractive`, which
    quotes and asks nobody. What is sent twice as the same `client_message_id` is asked once."""

    content: Content
    conversation_id: UUID | None = None
    kind: Kind = Kind.RESEARCH
    session_id: Name | None = None
    document_ids: DocumentIds = []
    sources: DocumentIds = []
    model: ModelName | None = None
    client_message_id: Name | None = None
    trace_id: Annotated[Text, Meta(max_length=255)] | None = None

    @property
    def searched(self) -> list[DocumentId]:
        return [DocumentId(one) for one in dict.fromkeys([*self.document_ids, *self.sources])]


class FollowUp(Struct, frozen=True, forbid_unknown_fields=True):
    """A question in a conversation. Without `document_ids` those of the conversation are searched."""

    content: Content
    document_ids: DocumentIds = []
    model: ModelName | None = None
    client_message_id: Name | None = None
    trace_id: Annotated[Text, Meta(max_length=255)] | None = None

    def within(self, conversation_id: UUID) -> Question:
        return Question(
            self.content,
            conversation_id,
            document_ids=self.document_ids,
            model=self.model,
            client_message_id=self.client_message_id,
            trace_id=self.trace_id,
        )


class Another(Struct, frozen=True, forbid_unknown_fields=True):
    """`model`: who shall answer this time."""

    model: ModelName | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Keeps questions and the answers to be made, inside a transaction, and sets somebody to make
    them: from its end on nothing is lost, whoever goes away."""

    messages: Messages
    events: MessageEvents
    models: ChatModels
    meter: Meter
    clock: Clock
    ids: Ids
    outbox: Outbox

    def check(self, model: str | None) -> None:
        """Raises ModelNotAllowed."""
        if model != EXTRACTIVE:
            self.models.check(model)

    async def ask(self, conversation: Conversation, question: Question) -> Asked:
        """Under the conversation's active leaf. Raises AlreadyAsked, BudgetExceeded."""
        owner, parent = conversation.user_id, conversation.active_leaf
        asked = Message(
            id=MessageId(self.ids.next()),
            user_id=owner,
            conversation_id=conversation.id,
            parent_id=parent,
            role=Role.USER,
            content=question.content,
            status=MessageStatus.COMPLETE,
            model=question.model,
            document_ids=question.searched or conversation.document_ids,
            client_message_id=question.client_message_id,
            trace_id=question.trace_id,
            created_at=self.clock.now(),
        )
        await self.messages.add(asked)
        answer = await self.answer(conversation, asked, question.model)
        await self.outbox.publish(QuestionAsked(self.ids.next(), owner, answer.id))
        return Asked(message_view(asked), message_view(answer))

    async def answer(
        self, conversation: Conversation, asked: Message, model: str | None
    ) -> Message:
        """A further answer to a question, which becomes the active leaf. Raises BudgetExceeded."""
        answer = Message(
            id=MessageId(self.ids.next()),
            user_id=asked.user_id,
            conversation_id=asked.conversation_id,
            parent_id=asked.id,
            role=Role.ASSISTANT,
            content="",
            status=MessageStatus.PENDING,
            model=model,
            document_ids=asked.document_ids,
            trace_id=asked.trace_id,
            created_at=self.clock.now(),
        )
        # Locked before the budget, as whoever ends it does.
        is_due = await self._is_due(asked)
        await self.messages.add(answer)
        created = to_builtins(Asked(message_view(asked), message_view(answer)))
        told = [Happened(EventType.CREATED, created)]
        await self.events.append(asked.user_id, answer.id, told, answer.created_at)
        if self.models.providers and model != EXTRACTIVE:
            feature, estimate = Feature(conversation.origin), self.models.estimate(model)
            await self.meter.reserve(asked.user_id, answer.id, feature, estimate, answer.created_at)
        if is_due:
            await self.outbox.publish(AnswerDue(self.ids.next(), asked.user_id, answer.id))
        conversation.active_leaf = answer.id
        conversation.updated_at = answer.created_at
        return answer

    async def _is_due(self, asked: Message) -> bool:
        """Else whoever ends the answer above sets this one going: its lock orders the two."""
        if asked.parent_id is None:
            return True
        return (await self.messages.get(asked.user_id, asked.parent_id)).status.terminal


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """Keep a question, and have it answered; what was sent before is given again. Raises NotFound,
    SessionTaken, AlreadyAsked, ModelNotAllowed, BudgetExceeded."""

    asking: Asking
    conversations: Conversations
    messages: Messages
    index: SearchIndex
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, question: Question) -> Asked:
        actor.require(Scope.CHAT)
        if earlier := await self._earlier(actor.user_id, question):
            return earlier
        self.asking.check(question.model)
        await self.index.require(actor.user_id, question.searched)
        try:
            async with self.transaction:
                conversation = await self._conversation(actor, question)
                asked = await self.asking.ask(conversation, question)
                await self.conversations.save(conversation)
                return asked
        except AlreadyAsked:  # by a request beside this one
            if earlier := await self._earlier(actor.user_id, question):
                return earlier
            raise

    async def _earlier(self, owner: UserId, question: Question) -> Asked | None:
        if question.client_message_id is None:
            return None
        asked = await self.messages.sent_as(owner, question.client_message_id)
        if asked is None:
            return None
        if asked.content != question.content:
            raise AlreadyAsked("another message was sent with this client_message_id")
        answer = await self.messages.answer_to(owner, asked.id)
        return Asked(message_view(asked), message_view(answer))

    async def _conversation(self, actor: Actor, question: Question) -> Conversation:
        if question.conversation_id is not None:
            conversation_id = ConversationId(question.conversation_id)
            return await self.conversations.get(actor.user_id, conversation_id)
        now = self.clock.now()
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


@dataclass(frozen=True, slots=True)
class RegenerateAnswer:
    """Answer a question once more: the answers stand side by side. Raises NotFound, NotAnAnswer,
    AnswerNotEnded, ModelNotAllowed, BudgetExceeded."""

    asking: Asking
    conversations: Conversations
    messages: Messages
    transaction: Transaction

    async def __call__(self, actor: Actor, answer_id: MessageId, another: Another) -> MessageView:
        actor.require(Scope.CHAT)
        self.asking.check(another.model)
        answer = await self.messages.read(actor.user_id, answer_id)
        if not answer.status.terminal:
            raise AnswerNotEnded("the answer is still being made")
        async with self.transaction:
            conversation = await self.conversations.get(actor.user_id, answer.conversation_id)
            question = await self.messages.get(actor.user_id, answer.question_id)
            again = await self.asking.answer(conversation, question, another.model)
            await self.conversations.save(conversation)
        return message_view(again)
