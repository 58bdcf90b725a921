"""Asking, as a tree, in order and once."""

from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.memory.world import World
from adapters.models.openai_chat import Endpoint, OpenAiChat, Timeouts
from application.analytics.exports import BudgetExceeded
from application.conversations.asking import AskQuestion, RegenerateAnswer
from application.conversations.conversations import (
    AttachDocuments,
    Attached,
    ChangeConversation,
    ConversationChange,
    CreateConversation,
    DeleteConversation,
    ListConversations,
    NewConversation,
    ShowConversation,
)
from application.conversations.enriching import Enricher, Enrichers, Enrichment
from application.conversations.feedback import Feedback, RateAnswer
from application.conversations.metadata import InvalidMetadata
from application.conversations.questions import Another, Question
from application.conversations.reading import ListMessages, SearchMessages, ShowMessage
from application.conversations.stopping import StopAnswer
from application.conversations.views import MessageView
from application.conversations.watching import ForgetEvents, WatchAnswer
from application.models.exports import ChatModels
from application.shared.actor import Actor
from application.shared.page import Page, PageRequest, SliceRequest
from application.shared.ports import Clock
from domain.analytics.budget import UNKNOWN, Budget
from domain.conversations.conversation import ConversationId, Kind, SessionTaken
from domain.conversations.message import (
    AlreadyAsked,
    AnswerNotEnded,
    Message,
    MessageStatus,
    NotAnAnswer,
    Rating,
    Support,
)
from domain.conversations.stream import KEPT, EventType, MessageEvent
from domain.models.errors import ModelNotAllowed
from domain.shared.errors import NotFound
from tests.unit.identity.clock import SetClock
from tests.unit.knowledge.test_ingestion import a_user, upload

TIMEOUTS = Timeouts(connect=1.0, first_token=1.0, idle=1.0, total=1.0)
ASKED = "How long are invoices kept?"


@pytest.fixture
async def world() -> World:
    return World()


async def ask(world: World, ada: Actor, question: Question = Question(ASKED)) -> MessageView:  # noqa: B008
    return (await world.get(AskQuestion)(ada, question)).answer


async def shown(world: World, ada: Actor, message: MessageView) -> MessageView:
    return await world.get(ShowMessage)(ada, message.id)


async def test_what_is_sent_twice_is_asked_once(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    question = Question(ASKED, client_message_id="tab-1")
    first = await world.get(AskQuestion)(ada, question)
    assert await world.get(AskQuestion)(ada, question) == first
    assert (await world.get(AskQuestion)(bob, question)).answer.id != first.answer.id
    with pytest.raises(AlreadyAsked):
        await ask(world, ada, Question("Another?", client_message_id="tab-1"))


async def test_the_order_of_metadata_makes_no_other_question(world: World) -> None:
    ada = await a_user(world)
    one = Question(ASKED, client_message_id="tab-1", metadata={"a": 1, "b": {"c": 2, "d": 3}})
    same = Question(ASKED, client_message_id="tab-1", metadata={"b": {"d": 3, "c": 2}, "a": 1})
    assert (await ask(world, ada, same)).id == (await ask(world, ada, one)).id


async def test_what_was_asked_before_fingerprints_were_kept_is_known_by_its_content(
    world: World,
) -> None:
    ada = await a_user(world)
    question = Question(ASKED, client_message_id="tab-1")
    first = await world.get(AskQuestion)(ada, question)
    for message in world.store.table(Message).values():
        message.fingerprint = None
    assert await world.get(AskQuestion)(ada, question) == first
    with pytest.raises(AlreadyAsked):
        await ask(world, ada, Question("Another?", client_message_id="tab-1"))


async def test_a_question_waits_for_the_answer_before_it(world: World) -> None:
    ada = await a_user(world)
    first = await ask(world, ada)
    second = await ask(world, ada, Question(ASKED, conversation_id=first.conversation_id))
    stopped = await world.get(StopAnswer)(ada, first.id)
    assert stopped.status is MessageStatus.STOPPED
    await world.drain()
    assert (await shown(world, ada, second)).status is MessageStatus.COMPLETE
    assert (await shown(world, ada, first)).status is MessageStatus.STOPPED


async def test_answers_stand_side_by_side_and_every_branch_goes_on(world: World) -> None:
    ada = await a_user(world)
    first = await ask(world, ada)
    with pytest.raises(AnswerNotEnded):
        await world.get(RegenerateAnswer)(ada, first.id, Another())
    await world.drain()
    again = await world.get(RegenerateAnswer)(ada, first.id, Another())
    assert again.parent_id == first.parent_id
    await world.drain()
    here = ConversationId(first.conversation_id)
    assert (await world.get(ShowConversation)(ada, here)).active_leaf == again.id
    below = await ask(world, ada, Question("And then?", conversation_id=here))
    change = ConversationChange(active_leaf=first.id)
    assert (await world.get(ChangeConversation)(ada, here, change)).active_leaf == first.id
    beside = await ask(world, ada, Question("Or?", conversation_id=here))

    listed = await world.get(ListMessages)(ada, here, SliceRequest(limit=100))
    assert isinstance(listed, list)
    parents = {one.id: one.parent_id for one in listed}
    assert len(parents) == 7
    assert parents[parents[below.id]] == again.id  # type: ignore[index]
    assert parents[parents[beside.id]] == first.id  # type: ignore[index]
    with pytest.raises(NotAnAnswer):
        change = ConversationChange(active_leaf=first.parent_id or first.id)
        await world.get(ChangeConversation)(ada, here, change)


async def test_a_deleted_conversation_is_not_there_and_its_name_is_free(world: World) -> None:
    ada = await a_user(world)
    pending = await ask(world, ada, Question(ASKED, session_id="tab-1"))
    here = ConversationId(pending.conversation_id)
    with pytest.raises(SessionTaken):
        await ask(world, ada, Question(ASKED, session_id="tab-1"))
    await world.get(DeleteConversation)(ada, here)
    for gone in (
        ask(world, ada, Question(ASKED, conversation_id=here)),
        shown(world, ada, pending),
        world.get(ShowConversation)(ada, here),
        world.get(ListMessages)(ada, here, PageRequest()),
        world.get(DeleteConversation)(ada, here),
        world.get(StopAnswer)(ada, pending.id),
    ):
        with pytest.raises(NotFound):
            await gone
    assert (await world.get(SearchMessages)(ada, "invoices", PageRequest())).items == []
    await world.drain()
    await ask(world, ada, Question(ASKED, session_id="tab-1"))


async def test_a_conversation_searches_what_is_attached_to_it(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    await upload(world, ada)
    other = await upload(world, ada, b"Invoices are blue, and nobody knows for how long.\n")
    foreign = await upload(world, bob)
    await world.drain()
    made = await world.get(CreateConversation)(ada, NewConversation())
    with pytest.raises(NotFound):
        await world.get(AttachDocuments)(ada, made.id, Attached([foreign.id]))
    attached = await world.get(AttachDocuments)(ada, made.id, Attached([other.id]))
    assert attached.document_ids == [other.id]
    answer = await ask(world, ada, Question(ASKED, conversation_id=made.id))
    await world.drain()
    found = await shown(world, ada, answer)
    assert {c.document_id for c in [*found.citations, *found.nearest]} == {other.id}
    assert found.document_ids == [other.id]


async def test_a_conversation_may_begin_with_a_question(world: World) -> None:
    ada = await a_user(world)
    new = NewConversation(session_type=Kind.CHECK_IN, initial_message="I slept badly.")
    made = await world.get(CreateConversation)(ada, new)
    assert (made.kind, made.session_type) == (Kind.CHECK_IN, Kind.CHECK_IN)
    assert made.title == "I slept badly."
    assert made.active_leaf is not None
    with pytest.raises(InvalidMetadata):
        await world.get(CreateConversation)(ada, NewConversation(metadata={"a": "x" * 20_000}))


async def test_archived_conversations_are_listed_by_themselves(world: World) -> None:
    ada = await a_user(world)
    one, two = [await world.get(CreateConversation)(ada, NewConversation()) for _ in range(2)]
    await world.get(ChangeConversation)(ada, one.id, ConversationChange(is_archived=True))
    for archived, expected in ((False, two), (True, one)):
        page = await world.get(ListConversations)(ada, PageRequest(), archived=archived)
        assert isinstance(page, Page)
        assert [each.id for each in page.items] == [expected.id]


async def test_ones_messages_are_found_by_their_words(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    await ask(world, ada)
    await ask(world, bob)
    found = await world.get(SearchMessages)(ada, "INVOICES long", PageRequest())
    assert [one.content for one in found.items] == [ASKED]
    assert not (await world.get(SearchMessages)(ada, "invoices short", PageRequest())).items


async def test_only_an_answer_that_has_ended_is_rated(world: World) -> None:
    ada = await a_user(world)
    asked = await world.get(AskQuestion)(ada, Question(ASKED))
    rate, feedback = world.get(RateAnswer), Feedback(Rating.UP, "Just so.")
    with pytest.raises(NotAnAnswer):
        await rate(ada, asked.question.id, feedback)
    with pytest.raises(AnswerNotEnded):
        await rate(ada, asked.answer.id, feedback)
    await world.drain()
    rated = await rate(ada, asked.answer.id, feedback)
    assert rated.feedback is not None
    assert (rated.feedback.rating, rated.feedback.comment) == (Rating.UP, "Just so.")


async def test_a_model_that_is_not_offered_is_not_asked(world: World) -> None:
    ada = await a_user(world)
    with pytest.raises(ModelNotAllowed):
        await ask(world, ada, Question(ASKED, model="gpt-9"))
    assert not world.store.table(Message)


async def test_over_budget_nothing_is_kept() -> None:
    endpoint = Endpoint("openai", "http://127.0.0.1:9/v1", None, "gpt-4o-mini")
    world = World({ChatModels: ChatModels((OpenAiChat(endpoint, TIMEOUTS),))})
    ada = await a_user(world)
    for _ in range(10):
        await ask(world, ada)
    kept = len(world.store.table(Message))
    with pytest.raises(BudgetExceeded):
        await ask(world, ada)
    assert len(world.store.table(Message)) == kept == 20
    await ask(world, ada, Question(ASKED, model="extractive"))


async def test_a_question_holds_back_what_its_answer_may_cost_until_it_has_ended() -> None:
    endpoint = Endpoint("openai", "http://127.0.0.1:9/v1", None, "gpt-4o-mini")
    world = World({ChatModels: ChatModels((OpenAiChat(endpoint, TIMEOUTS),), ("gpt-4",))})
    ada = await a_user(world)
    await ask(world, ada, Question(ASKED, model="gpt-4"))
    (budget,) = world.store.table(Budget).values()
    assert budget.reserved == Decimal("0.54144")  # 16,000 tokens read and 1024 written
    await ask(world, ada)  # of a model without a price
    (budget,) = world.store.table(Budget).values()
    assert budget.reserved == Decimal("0.54144") + UNKNOWN
    await world.drain()
    (budget,) = world.store.table(Budget).values()
    assert (budget.reserved, budget.spent) == (Decimal(0), Decimal(0))


async def test_what_was_told_is_forgotten_after_a_day_and_the_end_is_told_still() -> None:
    clock = SetClock()
    world = World({Clock: clock})
    ada = await a_user(world)
    await upload(world, ada)
    await world.drain()
    answer = await ask(world, ada)
    await world.drain()
    before = [one async for one in world.get(WatchAnswer)(ada, answer.id)]
    assert await world.get(ForgetEvents)() == 0
    clock.move(KEPT.total_seconds())
    assert await world.get(ForgetEvents)() == len(before)
    (end,) = [one async for one in world.get(WatchAnswer)(ada, answer.id)]
    assert (end.seq, end.type, end.data) == (0, EventType.COMPLETED, before[-1].data)


async def test_what_has_lost_its_beginning_is_told_by_its_end_alone() -> None:
    clock = SetClock()
    world = World({Clock: clock})
    ada = await a_user(world)
    await upload(world, ada)
    await world.drain()
    answer = await ask(world, ada)
    clock.move(60)
    await world.drain()

    async def told(after: int) -> list[MessageEvent]:
        return [one async for one in world.get(WatchAnswer)(ada, answer.id, after)]

    whole = await told(0)
    end = replace(whole[-1], seq=0)
    clock.move(KEPT.total_seconds() - 60)
    assert await world.get(ForgetEvents)() == 1
    assert await told(0) == [end]
    assert await told(1) == whole[1:]
    assert await told(len(whole)) == []
    clock.move(60)
    assert await world.get(ForgetEvents)() == len(whole) - 1
    assert await told(1) == [end]


async def test_a_kind_is_enriched_by_whoever_is_registered_for_it() -> None:
    support = Support("urgent", "https://example.org/help", ["A telephone number"])

    class Helper:
        async def enrich(self, question: Message) -> Enrichment:
            return Enrichment(f"They said: {question.content}", support)

    helper: Enricher = Helper()
    world = World({Enrichers: Enrichers({Kind.CHECK_IN: (helper,)})})
    ada = await a_user(world)
    for kind, expected in ((Kind.CHECK_IN, support), (Kind.RESEARCH, None)):
        answer = await ask(world, ada, Question("Hello?", kind=kind))
        await world.drain()
        assert (await shown(world, ada, answer)).support == expected
