import pytest

from adapters.memory.world import World
from application.conversations.asking import AskQuestion
from application.conversations.questions import Question
from application.conversations.reading import ShowMessage
from application.conversations.views import MessageView
from application.knowledge.ports import DocumentReader
from application.shared.actor import Actor
from domain.conversations.conversation import SessionTaken, title_of
from domain.conversations.message import NOT_FOUND, AnswerMode, MessageStatus
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId
from tests.unit.knowledge.test_ingestion import POLICY, a_user, upload


@pytest.fixture
async def world() -> World:
    return World()


async def ask(world: World, actor: Actor, question: Question) -> MessageView:
    answer = (await world.get(AskQuestion)(actor, question)).answer
    assert answer.status is MessageStatus.PENDING
    await world.drain(twice=True)
    return await world.get(ShowMessage)(actor, answer.id)


async def test_an_answer_is_made_of_the_documents_own_sentences(world: World) -> None:
    ada = await a_user(world)
    document = await upload(world, ada)
    await world.drain()

    answer = await ask(world, ada, Question("How long are invoices kept?"))

    assert answer.mode is AnswerMode.EXTRACTIVE
    assert answer.content == "Invoices are kept for ten years."
    (citation,) = answer.citations
    content = (await world.get(DocumentReader).content(ada.user_id, document.id)).content
    assert content[citation.start : citation.end] == citation.quote == answer.content
    assert (citation.marker, citation.page, citation.document_id) == (1, 1, document.id)


async def test_nothing_found_is_said_and_what_came_nearest_is_shown(world: World) -> None:
    ada = await a_user(world)
    await upload(world, ada)
    await world.drain()

    answer = await ask(world, ada, Question("Which email client do pilots use on Mars?"))

    assert answer.mode is AnswerMode.NOT_FOUND
    assert answer.content == NOT_FOUND
    assert not answer.citations
    assert answer.nearest[0].quote in POLICY


async def test_another_users_documents_answer_nothing(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    document = await upload(world, ada)
    await world.drain()
    answer = await ask(world, bob, Question("How long are invoices kept?"))
    assert answer.mode is AnswerMode.NOT_FOUND
    assert not answer.nearest
    with pytest.raises(NotFound):
        await world.get(AskQuestion)(bob, Question("And this one?", document_ids=[document.id]))


async def test_a_question_may_be_put_to_some_documents_only(world: World) -> None:
    ada = await a_user(world)
    policy = await upload(world, ada)
    other = await upload(world, ada, b"Invoices are blue.\n")
    await world.drain()
    question = Question("How long are invoices kept?", document_ids=[other.id])
    answer = await ask(world, ada, question)
    cited = {c.document_id for c in [*answer.citations, *answer.nearest]}
    assert cited == {other.id}
    assert DocumentId(policy.id) not in cited


async def test_a_conversation_goes_on_under_its_last_message(world: World) -> None:
    ada = await a_user(world)
    first = await ask(world, ada, Question("One?"))
    second = await world.get(AskQuestion)(
        ada, Question("Two?", conversation_id=first.conversation_id)
    )
    assert second.question.parent_id == first.id
    assert second.answer.parent_id == second.question.id


async def test_another_users_conversation_is_not_found(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    answer = await ask(world, ada, Question("One?"))
    with pytest.raises(NotFound):
        await world.get(ShowMessage)(bob, answer.id)
    with pytest.raises(NotFound):
        question = Question("Two?", conversation_id=answer.conversation_id)
        await world.get(AskQuestion)(bob, question)


async def test_a_clients_session_is_its_own(world: World) -> None:
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    await ask(world, ada, Question("One?", session_id="tab-1"))
    await ask(world, bob, Question("One?", session_id="tab-1"))
    with pytest.raises(SessionTaken):
        await world.get(AskQuestion)(ada, Question("Two?", session_id="tab-1"))


def test_a_title_is_how_the_first_question_begins() -> None:
    assert title_of("Short?") == "Short?"
    assert title_of("x" * 51) == "x" * 50 + "..."
