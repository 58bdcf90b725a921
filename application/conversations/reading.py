from dataclasses import dataclass

from application.conversations.ports import Conversations, Messages
from application.conversations.views import (
    ConversationWithMessages,
    MessageView,
    message_view,
    with_messages,
)
from application.shared.actor import Actor, Scope
from application.shared.page import CursorPaging, Page, PageRequest, UncountedListing, uncounted
from domain.conversations.conversation import ConversationId, MessageId

SHOWN = 100  # messages with their conversation


@dataclass(frozen=True, slots=True)
class ShowMessage:
    """One's own message, as far as it is made. Raises NotFound."""

    messages: Messages

    async def __call__(self, actor: Actor, message_id: MessageId) -> MessageView:
        actor.require(Scope.CHAT)
        return message_view(await self.messages.read(actor.user_id, message_id))


@dataclass(frozen=True, slots=True)
class ShowSession:
    """One's own conversation and what was said last in it. Raises NotFound."""

    conversations: Conversations
    messages: Messages

    async def __call__(
        self, actor: Actor, conversation_id: ConversationId
    ) -> ConversationWithMessages:
        actor.require(Scope.CHAT)
        conversation = await self.conversations.read(actor.user_id, conversation_id)
        newest = PageRequest(size=SHOWN)
        found = await self.messages.page(actor.user_id, conversation_id, newest)
        return with_messages(conversation, found[:SHOWN][::-1])


@dataclass(frozen=True, slots=True)
class ListMessages:
    """All of a conversation, every branch, as far as it is made. Raises NotFound."""

    conversations: Conversations
    messages: Messages

    async def __call__(
        self, actor: Actor, conversation_id: ConversationId, paging: CursorPaging
    ) -> UncountedListing[MessageView]:
        actor.require(Scope.CHAT)
        await self.conversations.read(actor.user_id, conversation_id)
        found = await self.messages.page(actor.user_id, conversation_id, paging)
        return uncounted(paging, [message_view(one) for one in found], lambda one: one.id)


@dataclass(frozen=True, slots=True)
class SearchMessages:
    """One's own questions and answers that hold all the words, the newest first."""

    messages: Messages

    async def __call__(self, actor: Actor, words: str, request: PageRequest) -> Page[MessageView]:
        actor.require(Scope.CHAT)
        found = await self.messages.search(actor.user_id, words, request)
        views = [message_view(one) for one in found]
        return Page.cut(views, request.size, lambda one: one.id)
