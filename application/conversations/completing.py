"""Questions from programs that keep the conversation themselves and send all of it each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from application.conversations.asking import Asking, Content, ModelName, Question
from application.conversations.ports import Conversations, Messages
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

LONGEST = 40  # messages of a history: the newest


class Said(Struct, frozen=True):
    """A turn that was taken before the question."""

    role: Role
    content: Annotated[Text, Meta(min_length=1)]


class Completion(Struct, frozen=True):
    """What was said, and what is asked."""

    history: list[Said]
    content: Content
    model: ModelName | None = None


@dataclass(frozen=True, slots=True)
class CompleteChat:
    """Keep what another program's conversation says and asks as one of the owner's, archived, and
    have it answered from the owner's documents. Raises ModelNotAllowed, BudgetExceeded."""

    asking: Asking
    conversations: Conversations
    messages: Messages
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, completion: Completion) -> Asked:
        actor.require(Scope.CHAT)
        self.asking.check(completion.model)
        now = self.clock.now()
        conversation = Conversation(
            id=ConversationId(self.ids.next()),
            user_id=actor.user_id,
            kind=Kind.RESEARCH,
            title=title_of(completion.content),
            origin=Origin.COMPLETIONS,
            is_archived=True,
            created_at=now,
            updated_at=now,
        )
        async with self.transaction:
            await self.conversations.add(conversation)
            await self._keep(conversation, completion.history[-LONGEST:])
            question = Question(completion.content, model=completion.model)
            asked = await self.asking.ask(conversation, question)
            await self.conversations.save(conversation)
        return asked

    async def _keep(self, conversation: Conversation, history: Sequence[Said]) -> None:
        for said in history:
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
            await self.messages.add(message)
            conversation.active_leaf = message.id
