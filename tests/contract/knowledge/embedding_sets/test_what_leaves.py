"""What leaves this machine to be embedded is its owner's to allow, and to see."""

from dishka import AsyncContainer

from application.knowledge.ports import Versions
from application.models.ports import EgressLedger
from application.shared.page import PageRequest
from domain.identity.consent import Purpose
from domain.knowledge.document import Step
from domain.models.egress import EgressEvent
from domain.shared.ids import UserId
from tests.contract.identity.test_consents import decide
from tests.contract.knowledge.embedding_sets.conftest import ChangingModels, WordsModel, meaning
from tests.contract.knowledge.embedding_sets.steps import ingest, once, start
from tests.contract.knowledge.library import LEASE, Stored


async def step(world: AsyncContainer, stored: Stored) -> Step | None:
    async with world() as request:
        versions: Versions = await request.get(Versions)
        return (await versions.get(stored.document.user_id, stored.version.id)).step


async def ledger(world: AsyncContainer, owner: UserId) -> list[EgressEvent]:
    """The newest first."""
    async with world() as request:
        kept: EgressLedger = await request.get(EgressLedger)
        return (await kept.page(owner, PageRequest())).items


async def test_everything_that_leaves_is_in_its_owner_s_ledger(
    world: AsyncContainer, models: ChangingModels, ada: UserId, bob: UserId
) -> None:
    """What is ingested and what is asked."""
    await decide(world, ada, True, Purpose.AI_EXTERNAL_DOCUMENTS)
    await start(world, models, WordsModel("away", is_external=True))
    hers = await ingest(world, ada)
    await ingest(world, bob)
    await meaning(world, ada)
    await meaning(world, bob)

    query, passages = await ledger(world, ada)
    assert passages.object_ids == (hers.document.id,)
    assert passages.bytes > len("".join(LEASE))
    assert (query.object_ids, query.bytes) == ((), len("late fee"))
    assert (query.model, query.purpose) == ("away", Purpose.AI_EXTERNAL_DOCUMENTS)
    assert await ledger(world, bob) == []


async def test_consent_that_is_withdrawn_while_a_version_is_embedded_stops_what_has_not_left(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    away = WordsModel("away", is_external=True)
    await decide(world, ada, True, Purpose.AI_EXTERNAL_DOCUMENTS)
    await start(world, models, away)
    away.before = once(lambda: decide(world, ada, False, Purpose.AI_EXTERNAL_DOCUMENTS))
    stored = await ingest(world, ada)
    assert (away.read, await ledger(world, ada)) == ([], [])
    assert await step(world, stored) is Step.PUBLISH
