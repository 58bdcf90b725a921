"""What every adapter of Conversations and Messages promises."""

from dataclasses import replace
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.analytics.ports import Subjects
from application.conversations.ports import Conversations, MessageEvents, Messages
from application.identity.ports import Users
from application.shared.page import PageRequest, SliceRequest
from application.shared.ports import Ids, Transaction
from domain.conversations.conversation import (
    Conversation,
    ConversationId,
    Kind,
    MessageId,
    SessionTaken,
)
from domain.conversations.message import (
    AlreadyAsked,
    Citation,
    FinishReason,
    Message,
    MessageStatus,
    Role,
)
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId
from domain.shared.span import Span
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


async def test_what_was_said_one_after_the_other_is_kept_at_once(world: AsyncContainer) -> None:
    conversation, answer = await a_conversation(world)
    owner, ids = conversation.user_id, await world.get(Ids)
    said, parent = [], answer.id
    for word in ("one", "two", "three"):
        message = replace(answer, id=MessageId(ids.next()), parent_id=parent, content=word)
        said.append(message)
        parent = message.id
    async with world() as request, await request.get(Transaction):
        messages = await request.get(Messages)
        await messages.add_all(owner, said)
        await messages.add_all(owner, [])
        assert await messages.branch(owner, parent, 9) == [answer, *said]


async def test_an_answer_is_saved_with_its_citations(world: AsyncContainer) -> None:
    _, answer = await a_conversation(world)
    citation = Citation(
        1, DocumentId(uuid4()), "Policy", "a" * 64, 3, 5, 9, "ten 🦉", 0.75, places=(Span(4, 7),)
    )
    answer.answer([citation], THEN)
    answer.finish_reason, answer.metadata = FinishReason.LENGTH, {"tab": 7}
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


async def test_an_answer_is_shown_as_far_as_it_is_written(world: AsyncContainer) -> None:
    conversation, answer = await a_conversation(world)
    owner = conversation.user_id
    answer.begin("openai", "gpt-4", [])
    async with world() as request:
        messages, events = await request.get(Messages), await request.get(MessageEvents)
        await messages.save(answer)
        for paging in (PageRequest(), SliceRequest()):
            (shown,) = await messages.page(owner, conversation.id, paging)
            assert shown.content == ""
        async with await request.get(Transaction):
            for piece in ("Ten ", "years."):
                await events.write(owner, answer.id, piece, THEN)
        for paging in (PageRequest(), SliceRequest()):
            (shown,) = await messages.page(owner, conversation.id, paging)
            assert shown == await messages.read(owner, answer.id)
            assert shown.content == "Ten years."
        answer.content = "Ten years. Checked."
        answer.end(MessageStatus.COMPLETE, THEN)
        await messages.save(answer)
        assert (await messages.read(owner, answer.id)).content == "Ten years. Checked."


async def test_what_was_sent_is_known_by_its_name_and_what_answers_it_by_its_fingerprint(
    world: AsyncContainer,
) -> None:
    conversation, answer = await a_conversation(world)
    owner, eve, sent = conversation.user_id, UserId(uuid4()), b"what was sent"
    async with world() as request:
        messages, ids = await request.get(Messages), await request.get(Ids)
        question = replace(
            answer,
            id=MessageId(ids.next()),
            role=Role.USER,
            client_message_id="m-1",
            fingerprint=sent,
        )
        await messages.add(question)
        answers = [
            replace(answer, id=MessageId(ids.next()), parent_id=question.id) for _ in range(2)
        ]
        for one in answers:
            await messages.add(one)
        assert await messages.sent_as(owner, "m-1") == question
        assert await messages.answer_to(owner, question.id) == answers[0]
        assert await messages.answers_to_sent(owner, sent) == answers[::-1]
        assert await messages.answers_to_sent(owner, b"what was not") == []
        assert await messages.answers_to_sent(eve, sent) == []
        with pytest.raises(AlreadyAsked):
            await messages.add(replace(question, id=MessageId(ids.next())))

        conversation.deleted_at = THEN
        await (await request.get(Conversations)).save(conversation)
        assert await messages.sent_as(owner, "m-1") == question, "its name stays taken"
        assert await messages.answers_to_sent(owner, sent) == []
        with pytest.raises(NotFound):
            await messages.answer_to(owner, question.id)


async def test_a_message_is_about_what_it_cites_or_else_what_was_asked(
    world: AsyncContainer,
) -> None:
    conversation, answer = await a_conversation(world)
    owner, quoted = conversation.user_id, DocumentId(uuid4())
    async with world() as request:
        messages, subjects = await request.get(Messages), await request.get(Subjects)
        ids = await request.get(Ids)
        nothing = replace(answer, id=MessageId(ids.next()), document_ids=[])
        await messages.add(nothing)
        asked = [answer.id, nothing.id, uuid4()]
        assert await subjects.of(owner, asked) == {answer.id: answer.document_ids[0]}
        answer.answer([Citation(1, quoted, "Policy", "a" * 64, 3, 5, 9, "ten", 0.75)], THEN)
        await messages.save(answer)
        assert await subjects.of(owner, asked) == {answer.id: quoted}
        assert await subjects.of(UserId(uuid4()), asked) == {}
        assert await subjects.of(owner, []) == {}
        conversation.deleted_at = THEN
        await (await request.get(Conversations)).save(conversation)
        assert await subjects.of(owner, asked) == {}
