"""What every adapter of Conversations and Messages promises."""

from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.conversations.ports import Conversations, Messages
from application.identity.ports import Users
from application.shared.ports import Ids
from domain.conversations.conversation import (
    Conversation,
    ConversationId,
    Kind,
    MessageId,
    SessionTaken,
)
from domain.conversations.message import Citation, Message, MessageStatus, Role
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId
from tests.contract.identity.test_users import THEN, a_user


async def a_conversation(
    world: AsyncContainer, email: str = "ada@example.org"
) -> tuple[Conversation, Message]:
    """A kept conversation and the answer that waits in it."""
    ids = await world.get(Ids)
    user = await a_user(world, email)
    conversation = Conversation(
        id=ConversationId(ids.next()),
        user_id=user.id,
        kind=Kind.RESEARCH,
        title="Fees?",
        session_id="tab-1",
        created_at=THEN,
        updated_at=THEN,
    )
    answer = Message(
        id=MessageId(ids.next()),
        user_id=user.id,
        conversation_id=conversation.id,
        role=Role.ASSISTANT,
        content="",
        status=MessageStatus.PENDING,
        document_ids=[DocumentId(uuid4())],
        created_at=THEN,
    )
    async with world() as request:
        await (await request.get(Users)).add(user)
        await (await request.get(Conversations)).add(conversation)
        await (await request.get(Messages)).add(answer)
    return conversation, answer


async def test_what_is_kept_is_found_by_its_owner_only(world: AsyncContainer) -> None:
    conversation, answer = await a_conversation(world)
    owner, eve = conversation.user_id, UserId(uuid4())
    async with world() as request:
        conversations, messages = await request.get(Conversations), await request.get(Messages)
        assert await conversations.get(owner, conversation.id) == conversation
        assert await messages.get(owner, answer.id) == answer
        assert await messages.read(owner, answer.id) == answer
        for find in (
            conversations.get(eve, conversation.id),
            messages.get(eve, answer.id),
            messages.read(eve, answer.id),
        ):
            with pytest.raises(NotFound):
                await find


async def test_an_answer_is_saved_with_its_citations(world: AsyncContainer) -> None:
    _, answer = await a_conversation(world)
    citation = Citation(1, DocumentId(uuid4()), "Policy", "a" * 64, 3, 5, 9, "ten 🦉", 0.75)
    answer.answer([citation], THEN)
    async with world() as request:
        messages = await request.get(Messages)
        await messages.save(answer)
        assert await messages.read(answer.user_id, answer.id) == answer


async def test_a_clients_session_is_taken_once_by_each_owner(world: AsyncContainer) -> None:
    conversation, _ = await a_conversation(world)
    conversation.id = ConversationId(uuid4())
    async with world() as request:
        with pytest.raises(SessionTaken):
            await (await request.get(Conversations)).add(conversation)
    await a_conversation(world, "bob@example.org")


async def test_a_deleted_conversation_takes_its_messages_along(world: AsyncContainer) -> None:
    conversation, answer = await a_conversation(world)
    conversation.deleted_at = THEN
    async with world() as request:
        conversations, messages = await request.get(Conversations), await request.get(Messages)
        await conversations.save(conversation)
        with pytest.raises(NotFound):
            await conversations.get(conversation.user_id, conversation.id)
        with pytest.raises(NotFound):
            await messages.read(answer.user_id, answer.id)
