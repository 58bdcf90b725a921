"""Lists, branches, search and events: the same on both worlds."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.conversations.ports import Conversations, Endings, MessageEvents, Messages
from application.shared.page import PageRequest, SliceRequest
from application.shared.ports import Clock, Ids, Listener, Transaction
from domain.conversations.conversation import ConversationId, MessageId
from domain.conversations.message import AlreadyAsked, Message, MessageStatus, Role
from domain.conversations.stream import KEPT, EventType, Happened
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from tests.contract.conversations.test_messages import a_conversation
from tests.contract.shared.test_signals import SOON, until_heard

EVERYTHING = SliceRequest(limit=100)


async def below(
    world: AsyncContainer, parent: Message, content: str, role: Role, name: str | None = None
) -> Message:
    message = replace(
        parent,
        id=MessageId((await world.get(Ids)).next()),
        parent_id=parent.id,
        role=role,
        content=content,
        status=MessageStatus.PENDING if role is Role.ASSISTANT else MessageStatus.COMPLETE,
        client_message_id=name,
    )
    async with world() as request:
        await (await request.get(Messages)).add(message)
    return message


async def test_a_branch_is_what_stands_above_its_leaf(world: AsyncContainer) -> None:
    conversation, first = await a_conversation(world)
    asked = await below(world, first, "One?", Role.USER)
    beside = await below(world, first, "Other?", Role.USER)
    answer = await below(world, asked, "Yes.", Role.ASSISTANT)
    owner = conversation.user_id
    async with world() as request:
        messages = await request.get(Messages)
        assert await messages.branch(owner, answer.id, 10) == [first, asked, answer]
        assert await messages.branch(owner, answer.id, 2) == [asked, answer]
        assert await messages.answer_to(owner, asked.id) == answer
        with pytest.raises(NotFound):
            await messages.answer_to(owner, beside.id)
        assert await messages.waiting(owner, first.id) == [answer.id]
        assert await messages.waiting(owner, asked.id) == []
        running = await messages.running(owner, conversation.id)
        assert {one.id for one in running} == {first.id, answer.id}


async def test_messages_are_listed_from_both_ends(world: AsyncContainer) -> None:
    conversation, first = await a_conversation(world)
    asked = await below(world, first, "One?", Role.USER)
    answer = await below(world, asked, "Yes.", Role.ASSISTANT)
    owner, here = conversation.user_id, conversation.id
    async with world() as request:
        messages = await request.get(Messages)
        assert await messages.page(owner, here, EVERYTHING) == [first, asked, answer]
        assert await messages.page(owner, here, SliceRequest(skip=1, limit=1)) == [asked]
        assert await messages.page(owner, here, PageRequest(size=1)) == [answer, asked]
        after = PageRequest(size=5, after=asked.id)
        assert await messages.page(owner, here, after) == [first]
        assert await messages.page(UserId(uuid4()), here, EVERYTHING) == []


async def test_words_find_messages_of_ones_own(world: AsyncContainer) -> None:
    conversation, first = await a_conversation(world)
    asked = await below(world, first, "How long are Invoices kept?", Role.USER)
    owner = conversation.user_id
    async with world() as request:
        conversations, messages = await request.get(Conversations), await request.get(Messages)
        assert await messages.search(owner, "invoices LONG", PageRequest()) == [asked]
        for words, after in (("invoices short", None), ("invoices", asked.id), ("?", None)):
            assert await messages.search(owner, words, PageRequest(after=after)) == []
        assert await messages.search(UserId(uuid4()), "invoices", PageRequest()) == []
        conversation.deleted_at = conversation.created_at
        await conversations.save(conversation)
        assert await messages.search(owner, "invoices", PageRequest()) == []


async def test_a_name_of_the_clients_is_taken_once(world: AsyncContainer) -> None:
    conversation, first = await a_conversation(world)
    asked = await below(world, first, "One?", Role.USER, "tab-1")
    async with world() as request:
        messages = await request.get(Messages)
        assert await messages.sent_as(conversation.user_id, "tab-1") == asked
        assert await messages.sent_as(UserId(uuid4()), "tab-1") is None
    with pytest.raises(AlreadyAsked):
        await below(world, first, "Two?", Role.USER, "tab-1")


async def test_conversations_are_listed_by_age_and_by_their_last_change(
    world: AsyncContainer,
) -> None:
    first, _ = await a_conversation(world)
    second = replace(
        first, id=ConversationId((await world.get(Ids)).next()), session_id=None, is_archived=False
    )
    first.updated_at += timedelta(days=1)
    owner = first.user_id
    async with world() as request:
        conversations = await request.get(Conversations)
        await conversations.add(second)
        await conversations.save(first)

        assert await conversations.page(owner, PageRequest(), archived=False) == [second, first]
        assert await conversations.page(owner, PageRequest(after=second.id), archived=False) == [
            first
        ]
        assert await conversations.page(owner, EVERYTHING, archived=False) == [first, second]
        assert await conversations.page(owner, EVERYTHING, archived=True) == []


async def test_pieces_are_written_each_for_itself_by_their_owner_only(
    world: AsyncContainer,
) -> None:
    conversation, answer = await a_conversation(world)
    owner, now = conversation.user_id, (await world.get(Clock)).now()
    async with world() as request, await request.get(Transaction):
        answer.begin("openai", "cites", [])
        await (await request.get(Messages)).save(answer)
    async with world() as request:
        events = await request.get(MessageEvents)
        for number in range(12):  # more often than a plan is made anew
            assert await events.write(owner, answer.id, f"{number} ", now)
            assert not await events.write(UserId(uuid4()), answer.id, "not mine", now)
        assert await events.text(owner, answer.id) == "0 1 2 3 4 5 6 7 8 9 10 11 "


async def test_who_listens_is_woken_by_what_happens(world: AsyncContainer) -> None:
    conversation, answer = await a_conversation(world)
    owner, now = conversation.user_id, (await world.get(Clock)).now()
    await until_heard(world)
    with (await world.get(Listener)).listening(answer.id) as changed:
        async with world() as request, asyncio.timeout(SOON):
            events = await request.get(MessageEvents)
            await events.append(owner, answer.id, [Happened(EventType.RETRIEVED, {})], now)
            await changed.wait()
            answer.begin("openai", "cites", [])
            await (await request.get(Messages)).save(answer)
            changed.clear()
            assert await events.write(owner, answer.id, "Ten", now)
            await changed.wait()


async def test_events_are_numbered_and_end_with_their_message(world: AsyncContainer) -> None:
    conversation, answer = await a_conversation(world)
    owner, now = conversation.user_id, (await world.get(Clock)).now()
    told = [Happened(EventType.CREATED, {"a": 1}), Happened(EventType.RETRIEVED, {"sources": []})]
    async with world() as request, await request.get(Transaction):
        messages, events = await request.get(Messages), await request.get(MessageEvents)
        assert not await events.write(owner, answer.id, "too early", now)
        await events.append(owner, answer.id, told, now)
        answer.begin("openai", "cites", [])
        await messages.save(answer)
        for piece in ("Ten ", "years 🦉"):
            assert await events.write(owner, answer.id, piece, now)
        assert not await (await request.get(Endings)).ended(owner, answer.id)
    async with world() as request:
        messages, events = await request.get(Messages), await request.get(MessageEvents)
        assert await events.text(owner, answer.id) == "Ten years 🦉"
        seen = await events.after(owner, answer.id, 1)
        assert [(one.seq, one.type.value) for one in seen] == [
            (2, "retrieval.completed"),
            (3, "text.delta"),
            (4, "text.delta"),
        ]
        assert await events.after(UserId(uuid4()), answer.id, 0) == []
        answer.end(MessageStatus.STOPPED, now + timedelta(days=400))
        await messages.save(answer)
        assert not await events.write(owner, answer.id, "too late", now)
        assert await (await request.get(Endings)).ended(owner, answer.id)
        assert await (await request.get(Endings)).ended(owner, MessageId(uuid4()))


async def test_events_of_everybody_are_forgotten_a_day_later(world: AsyncContainer) -> None:
    now = (await world.get(Clock)).now()
    told = [Happened(EventType.CREATED, {})]
    made = [await a_conversation(world), await a_conversation(world, "bob@example.org")]
    async with world() as request, await request.get(Transaction):
        events = await request.get(MessageEvents)
        for (conversation, answer), age in zip(made, (KEPT * 2, KEPT / 2), strict=True):
            await events.append(conversation.user_id, answer.id, told, now - age)
    async with world() as request:
        events = await request.get(MessageEvents)
        assert await events.purge(now) == 1
        left = [
            await events.after(conversation.user_id, answer.id, 0) for conversation, answer in made
        ]
        assert [len(one) for one in left] == [0, 1]
