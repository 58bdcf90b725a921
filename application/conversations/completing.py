"""Questions from programs that keep the conversation themselves and send all of it each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct

from application.conversations.asking import Asking
from application.conversations.ports import Conversations, Messages
from application.conversations.questions import Content, ModelName, Name, Question, fingerprint
from application.conversations.views import Asked
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Transaction
from application.shared.text import Text
from domain.conversations.conversation import (
    Conversation,
    ConversationId,
    Kind,
    MessageId,
    Origin,
    title_of,
)
from domain.conversations.message import Message, MessageStatus, Role
from domain.shared.ids import UserId

LONGEST = 40  # messages of a history that was made elsewhere: the newest


class Said(Struct, frozen=True):
    """A turn of a conversation."""

    role: Role
    content: Annotated[Text, Meta(min_length=1)]


class Completion(Struct, frozen=True):
    """What was said, and what is asked."""

    history: list[Said]
    content: Content
    model: ModelName | None = None
    client_message_id: Name | None = None

    @property
    def question(self) -> Question:
        return Question(self.content, model=self.model, client_message_id=self.client_message_id)

    @property
    def fingerprint(self) -> bytes:
        return fingerprint([*self.history, Said(Role.USER, self.content)])


@dataclass(frozen=True, slots=True)
class CompleteChat:
    """Keep what another program's conversation asks, as one of the owner's, archived, and have it
    answered from the owner's documents. What ends with an answer of ours goes on under it; what was
    said elsewhere is kept along. Raises AlreadyAsked, NotFound, ModelNotAllowed, BudgetExceeded."""

    asking: Asking
    conversations: Conversations
    messages: Messages
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, completion: Completion) -> Asked:
        actor.require(Scope.CHAT)
        ask = partial(self._ask, actor.user_id, completion)
        return await self.asking.once(
            actor.user_id, completion.question, completion.fingerprint, ask
        )

    async def _ask(self, owner: UserId, completion: Completion) -> Asked:
        self.asking.check(completion.model)
        async with self.transaction:
            conversation = await self._conversation(owner, completion)
            asked = await self.asking.ask(conversation, completion.question, completion.fingerprint)
            await self.conversations.save(conversation)
        return asked

    async def _conversation(self, owner: UserId, completion: Completion) -> Conversation:
        answer = await self._last_answer(owner, completion.history)
        if answer is None:
            return await self._begun(owner, completion)
        conversation = await self.conversations.get(owner, answer.conversation_id)
        conversation.active_leaf = answer.id
        return conversation

    async def _last_answer(self, owner: UserId, history: Sequence[Said]) -> Message | None:
        """Of ours: given to all that was said before it, and not changed since."""
        if not history:
            return None
        *before, last = history
        answers = await self.messages.answers_to_sent(owner, fingerprint(before))
        said = last.content.strip()
        return next((one for one in answers if one.content.strip() == said), None)

    async def _begun(self, owner: UserId, completion: Completion) -> Conversation:
        now = self.clock.now()
        conversation = Conversation(
            id=ConversationId(self.ids.next()),
            user_id=owner,
            kind=Kind.RESEARCH,
            title=title_of(completion.content),
            origin=Origin.COMPLETIONS,
            is_archived=True,
            created_at=now,
            updated_at=now,
        )
        await self.conversations.add(conversation)
        told = [self._told(conversation, said) for said in completion.history[-LONGEST:]]
        await self.messages.add_all(owner, told)
        return conversation

    def _told(self, conversation: Conversation, said: Said) -> Message:
        """As the conversation's next message."""
        message = Message(
            id=MessageId(self.ids.next()),
            user_id=conversation.user_id,
            conversation_id=conversation.id,
            parent_id=conversation.active_leaf,
            role=said.role,
            content=said.content,
            status=MessageStatus.COMPLETE,
            created_at=conversation.created_at,
        )
        conversation.grow(message.id, message.created_at)
        return message
