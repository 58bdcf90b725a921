"""What is told of answers that nobody could make."""

from uuid import UUID, uuid4

import pytest

from adapters.memory.world import World
from application.conversations.answers import FailAnswer
from application.conversations.asking import AskQuestion
from application.conversations.conversations import DeleteConversation
from application.conversations.questions import Question
from application.models.exports import Outcome, Trace, Tracers
from domain.conversations.events import AnswerDue
from tests.unit.knowledge.test_ingestion import a_user


class Watcher:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Trace, Outcome]] = []

    def finish(self, trace: Trace, outcome: Outcome) -> None:
        self.told.append((trace, outcome))

    def score(self, answer_id: UUID, name: str, value: float) -> None: ...


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
async def world(watcher: Watcher) -> World:
    return World({Tracers: Tracers((watcher,))})


async def test_an_answer_that_is_given_up_is_told_as_failed(world: World, watcher: Watcher) -> None:
    ada = await a_user(world)
    answer = (await world.get(AskQuestion)(ada, Question("Well?"))).answer
    await world.get(FailAnswer)(AnswerDue(uuid4(), ada.user_id, answer.id))
    ((trace, outcome),) = watcher.told
    assert (trace.answer_id, trace.steps) == (answer.id, [])
    assert (outcome.status, outcome.error_code) == ("failed", "internal")


async def test_of_a_deleted_answer_nothing_is_told(world: World, watcher: Watcher) -> None:
    ada = await a_user(world)
    answer = (await world.get(AskQuestion)(ada, Question("Well?"))).answer
    await world.get(DeleteConversation)(ada, answer.conversation_id)
    await world.drain()
    assert not watcher.told
