"""What an external model is sent is what the ledger says, request by request."""

from uuid import uuid4

import pytest
from dishka import AsyncContainer

from adapters.models.external import BATCH, ExternalEmbedder
from application.knowledge.embedding import Embed
from application.models.ports import EgressLedger
from application.shared.page import PageRequest
from domain.identity.consent import ConsentRequired, Purpose
from domain.models.egress import EgressEvent
from domain.shared.errors import Unavailable
from domain.shared.ids import DocumentId, UserId
from tests.contract.identity.test_consents import decide
from tests.embedding_endpoint.process import MODEL, EndpointProcess

DOCUMENT = DocumentId(uuid4())


async def embed(world: AsyncContainer, owner: UserId, model: ExternalEmbedder, texts: int) -> None:
    async with world() as request:
        await (await request.get(Embed))(owner, model, ["words"] * texts, [DOCUMENT])


async def ledger(world: AsyncContainer, owner: UserId) -> list[EgressEvent]:
    """The oldest first."""
    async with world() as request:
        kept: EgressLedger = await request.get(EgressLedger)
        return (await kept.page(owner, PageRequest())).items[::-1]


async def test_every_request_is_written_down_also_one_that_is_tried_again(
    world: AsyncContainer, ada: UserId, external: ExternalEmbedder, endpoint: EndpointProcess
) -> None:
    await decide(world, ada, True, Purpose.AI_EXTERNAL_DOCUMENTS)
    endpoint.will("busy")
    await embed(world, ada, external, BATCH + 1)
    entries = await ledger(world, ada)
    sent = [(one["bytes"], one["sha256"]) for one in endpoint.seen()]
    assert len(sent) == 3
    assert [(entry.bytes, entry.sha256) for entry in entries] == sent
    assert {(entry.provider, entry.model) for entry in entries} == {("openai_compatible", MODEL)}
    assert {(entry.purpose, entry.object_ids) for entry in entries} == {
        (Purpose.AI_EXTERNAL_DOCUMENTS, (DOCUMENT,))
    }
    assert len({entry.attempt_id for entry in entries}) == 1


async def test_what_failed_had_left_as_well(
    world: AsyncContainer, ada: UserId, external: ExternalEmbedder, endpoint: EndpointProcess
) -> None:
    await decide(world, ada, True, Purpose.AI_EXTERNAL_DOCUMENTS)
    endpoint.will("refused")
    with pytest.raises(Unavailable):
        await embed(world, ada, external, 1)
    assert len(await ledger(world, ada)) == 1


async def test_without_consent_nothing_leaves(
    world: AsyncContainer, ada: UserId, external: ExternalEmbedder, endpoint: EndpointProcess
) -> None:
    with pytest.raises(ConsentRequired):
        await embed(world, ada, external, 1)
    assert (endpoint.seen(), await ledger(world, ada)) == ([], [])
