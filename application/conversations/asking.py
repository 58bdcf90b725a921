from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from msgspec import to_builtins

from application.analytics.exports import Feature, Meter
from application.conversations.metadata import bounded
from application.conversations.ports import Conversations, MessageEvents, Messages
from application.conversations.questions import Another, Contradictory, Question
from application.conversations.views import Asked, MessageView, message_view
from application.knowledge.exports import SearchIndex
from application.models.exports import ChatModels
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Outbox, Transaction
from domain.conversations.conversation import (
    Conversation,
    ConversationId,
    Kind,
    MessageId,
    SessionTaken,
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
from domain.shared.ids import UserId


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

    async def once(
        self,
        owner: UserId,
        question: Question,
        fingerprint: bytes,
        ask: Callable[[], Awaitable[Asked]],
    ) -> Asked:
        """What `ask` does, outside a transaction; or what it did, when the question was sent before
        by its `client_message_id`. Raises AlreadyAsked, NotFound when that was deleted since."""
        if earlier := await self._earlier(owner, question, fingerprint):
            return earlier
        try:
            return await ask()
        except (AlreadyAsked, SessionTaken):  # perhaps by itself, sent beside this one
            if earlier := await self._earlier(owner, question, fingerprint):
                return earlier
            raise

    async def ask(
        self, conversation: Conversation, question: Question, fingerprint: bytes
    ) -> Asked:
        """Under the conversation's active leaf. Raises AlreadyAsked, BudgetExceeded."""
        owner = conversation.user_id
        asked = Message(
            id=MessageId(self.ids.next()),
            user_id=owner,
            conversation_id=conversation.id,
            parent_id=conversation.active_leaf,
            role=Role.USER,
            content=question.content,
            status=MessageStatus.COMPLETE,
            model=question.model,
            document_ids=question.searched or conversation.document_ids,
            client_message_id=question.client_message_id,
            fingerprint=fingerprint,
            trace_id=question.trace_id,
            metadata=question.metadata,
            created_at=self.clock.now(),
        )
        await self.messages.add(asked)
        conversation.grow(asked.id, asked.created_at)
        answer = await self.answer(conversation, asked, question.model)
        told = QuestionAsked(self.ids.next(), owner, conversation.id, asked.id, answer.id)
        await self.outbox.publish(told)
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
        conversation.grow(answer.id, answer.created_at)
        return answer

    async def _earlier(self, owner: UserId, question: Question, fingerprint: bytes) -> Asked | None:
        if question.client_message_id is None:
            return None
        asked = await self.messages.sent_as(owner, question.client_message_id)
        if asked is None:
            return None
        if not _is_same(asked, question, fingerprint):
            raise AlreadyAsked("another message was sent with this client_message_id")
        answer = await self.messages.answer_to(owner, asked.id)
        return Asked(message_view(asked), message_view(answer))

    async def _is_due(self, asked: Message) -> bool:
        """Else whoever ends the answer above sets this one going: its lock orders the two."""
        if asked.parent_id is None:
            return True
        return (await self.messages.get(asked.user_id, asked.parent_id)).status.terminal


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """Keep a question, and have it answered; what was sent before is given again. Raises NotFound,
    SessionTaken, AlreadyAsked, Contradictory, ModelNotAllowed, InvalidMetadata, BudgetExceeded."""

    asking: Asking
    conversations: Conversations
    index: SearchIndex
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, question: Question) -> Asked:
        actor.require(Scope.CHAT)
        ask = partial(self._ask, actor.user_id, question)
        return await self.asking.once(actor.user_id, question, question.fingerprint, ask)

    async def _ask(self, owner: UserId, question: Question) -> Asked:
        bounded(question.metadata)
        self.asking.check(question.model)
        await self.index.require(owner, question.searched)
        async with self.transaction:
            conversation = await self._conversation(owner, question)
            asked = await self.asking.ask(conversation, question, question.fingerprint)
            await self.conversations.save(conversation)
        return asked

    async def _conversation(self, owner: UserId, question: Question) -> Conversation:
        if question.conversation_id is None:
            return await self._begun(owner, question)
        conversation = await self.conversations.get(owner, ConversationId(question.conversation_id))
        if question.kind not in (None, conversation.kind):
            raise Contradictory(f"the conversation's kind is {conversation.kind}", "kind")
        if question.session_id not in (None, conversation.session_id):
            raise Contradictory("the conversation has another session_id", "session_id")
        return conversation

    async def _begun(self, owner: UserId, question: Question) -> Conversation:
        now = self.clock.now()
        conversation = Conversation(
            id=ConversationId(self.ids.next()),
            user_id=owner,
            kind=question.kind or Kind.RESEARCH,
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


def _is_same(asked: Message, question: Question, fingerprint: bytes) -> bool:
    if asked.fingerprint is None:  # it was asked before fingerprints were kept
        return asked.content == question.content
    return (asked.fingerprint, asked.model) == (fingerprint, question.model)
