"""What may come in between while a set is built: consent, failures, kills, newer versions."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from dishka import AsyncContainer

from application.knowledge.embedding_ports import Coverage, VectorUpkeep
from application.knowledge.embedding_progress import ListEmbeddingSets
from application.knowledge.embedding_sets import (
    BuildEmbeddings,
    MendEmbeddings,
    RebuildEmbeddings,
)
from application.knowledge.ports import Leaving, Vector, Versions
from application.knowledge.views import Mode
from application.shared.ports import Clock, Ids
from domain.identity.consent import Purpose
from domain.knowledge.embedding import REST, TRIES
from domain.shared.errors import Unavailable
from domain.shared.ids import UserId, VersionId
from tests.contract.identity.test_consents import decide
from tests.contract.knowledge.embedding_sets.conftest import (
    ChangingModels,
    WordsModel,
    do,
    meaning,
    states,
)
from tests.contract.knowledge.embedding_sets.steps import (
    embedded,
    fail,
    ingest,
    once,
    read_by,
    start,
)
from tests.contract.knowledge.library import LEASE, store_version


async def test_nothing_leaves_the_machine_without_consent(
    world: AsyncContainer, models: ChangingModels, ada: UserId, bob: UserId
) -> None:
    away = WordsModel("away", is_external=True)
    await decide(world, ada, True, Purpose.AI_EXTERNAL_DOCUMENTS)
    await start(world, models, None)
    hers = await store_version(world, ada, "Hers", *LEASE)
    his = await store_version(world, bob, "His", *LEASE)
    await start(world, models, away)
    await do(world, BuildEmbeddings)

    assert (await states(world))["away"] == "active"
    assert [await embedded(world, stored, "away") for stored in (hers, his)] == [4, 0]
    assert await meaning(world, ada) is not None
    assert await meaning(world, bob) is None
    assert await embedded(world, await ingest(world, bob), "away") == 0
    assert not [text for text in away.read if text.startswith("His")]
    assert away.read.count("late fee") == 1

    await decide(world, bob, True, Purpose.AI_EXTERNAL_DOCUMENTS)
    assert await do(world, MendEmbeddings) == 8
    assert await embedded(world, his, "away") == 4
    assert await meaning(world, bob) is not None

    await decide(world, bob, False, Purpose.AI_EXTERNAL_DOCUMENTS)
    assert await meaning(world, bob) is None
    assert await embedded(world, await ingest(world, bob), "away") == 0


async def test_a_model_that_does_not_answer_takes_meaning_away_and_not_search(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one = WordsModel("one")
    await start(world, models, one)
    one.before = _unavailable
    assert await meaning(world, ada) is None
    with pytest.raises(Unavailable):
        await meaning(world, ada, Mode.SEMANTIC)


async def test_a_version_that_cannot_be_embedded_keeps_no_other_but_the_set_waits(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one = WordsModel("one")
    await start(world, models, None)
    bad, good = [await store_version(world, ada, name, *LEASE) for name in ("Bad", "Good")]
    one.before = once(_unavailable)
    await start(world, models, one)
    with pytest.raises(ExceptionGroup, match="could not be embedded"):
        await do(world, BuildEmbeddings)
    assert [await embedded(world, stored, "one") for stored in (bad, good)] == [0, 4]
    assert (await states(world))["one"] == "building"
    assert await do(world, BuildEmbeddings) == 4
    assert (await states(world))["one"] == "active"


async def test_a_build_that_is_ended_anywhere_goes_on_where_it_was(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one = WordsModel("one")
    await start(world, models, None)
    texts = [f"passage {n}" for n in range(100)]
    stored = await store_version(world, ada, "Long", *texts)
    await start(world, models, one)
    batches = 0

    async def cancelled() -> None:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise asyncio.CancelledError

    one.before = cancelled
    with pytest.raises(asyncio.CancelledError):
        await do(world, BuildEmbeddings)
    assert await embedded(world, stored, "one") == 64
    assert await do(world, BuildEmbeddings) == 36
    assert sorted(one.read) == sorted(f"Long\n{text}" for text in texts), "each of them once"


async def test_vectors_that_nobody_believes_any_more_are_made_anew(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one = WordsModel("one")
    stored = await read_by(world, models, ada, one)

    await do(world, RebuildEmbeddings)
    assert await embedded(world, stored, "one") == 0
    assert await meaning(world, ada) is None
    assert await do(world, BuildEmbeddings) == 4
    assert await meaning(world, ada) is not None


async def test_a_version_that_is_served_is_embedded_while_a_newer_one_is_read(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    await start(world, models, None)
    stored = await store_version(world, ada, "Lease", *LEASE)
    newer = replace(stored.version, id=VersionId((await world.get(Ids)).next()), number=2)
    async with world() as request:
        await (await request.get(Versions)).add(newer)
    await start(world, models, WordsModel("one"))
    assert await do(world, BuildEmbeddings) == 4
    assert (await states(world))["one"] == "active"


async def test_progress_is_told(world: AsyncContainer, models: ChangingModels, ada: UserId) -> None:
    one = WordsModel("one")
    await start(world, models, None)
    await store_version(world, ada, "Long", *[f"passage {n}" for n in range(70)])
    await start(world, models, one)
    seen: list[Coverage] = []

    async def look() -> None:
        seen.append(await coverage(world, "one"))

    one.before = look
    await do(world, BuildEmbeddings)
    await look()
    assert [(found.done, found.total) for found in seen] == [(n, 70) for n in (0, 32, 64, 70)]


async def test_how_far_a_set_is_needs_no_build_to_be_known(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    """What was ingested while the set answered counts too."""
    await read_by(world, models, ada, WordsModel("one"))
    (told,) = [s for s in await do(world, ListEmbeddingSets) if s.name == "one"]
    assert (told.state, told.done, told.total, told.failed) == ("active", 4, 4, 0)


async def coverage(world: AsyncContainer, name: str) -> Coverage:
    upkeep: VectorUpkeep = await world.get(VectorUpkeep)
    return (await upkeep.counted())[name]


async def failing_build(world: AsyncContainer) -> None:
    with pytest.raises(ExceptionGroup, match="could not be embedded"):
        await do(world, BuildEmbeddings)


class Picky(WordsModel):
    """Cannot read whatever has this word."""

    def __init__(self, name: str, word: str) -> None:
        super().__init__(name)
        self._word: str | None = word

    def learn(self) -> None:
        self._word = None

    async def embed(self, texts: Sequence[str], leaving: Leaving) -> list[Vector]:
        if self._word and any(self._word in text for text in texts):
            raise ValueError(f"{self._word!r} is too much for me")
        return await super().embed(texts, leaving)


async def test_a_version_that_fails_again_and_again_is_set_aside_and_the_set_answers_without_it(
    world: AsyncContainer, models: ChangingModels, ada: UserId, bob: UserId
) -> None:
    picky = Picky("one", "Bad")
    await start(world, models, None)
    bad = await store_version(world, ada, "Bad", *LEASE)
    good = await store_version(world, bob, "Good", *LEASE)
    await start(world, models, picky)
    for tries in range(TRIES):
        assert (await states(world))["one"] == "building", tries
        assert (await coverage(world, "one")).failed == 0
        await failing_build(world)
    assert await coverage(world, "one") == Coverage(done=4, total=8, failed=1)

    assert await do(world, BuildEmbeddings) == 0
    assert (await states(world))["one"] == "active"
    assert await meaning(world, ada) is not None
    assert [await embedded(world, stored, "one") for stored in (bad, good)] == [0, 4]


async def test_a_version_that_was_set_aside_is_tried_again_when_it_has_rested(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one, now = WordsModel("one"), (await world.get(Clock)).now()
    await start(world, models, one)
    stored = await store_version(world, ada, "Lease", *LEASE)
    await fail(world, stored, "one", [now] * TRIES)
    assert await do(world, MendEmbeddings) == 0
    await fail(world, stored, "one", [now - REST])
    assert await do(world, MendEmbeddings) == 4
    assert await coverage(world, "one") == Coverage(done=4, total=4, failed=0)


async def test_no_version_is_blamed_for_a_model_that_can_read_nothing(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one = WordsModel("one")
    await start(world, models, None)
    await store_version(world, ada, "Lease", *LEASE)
    await start(world, models, one)
    one.before = _unavailable
    for _ in range(2 * TRIES):
        with pytest.raises(Unavailable):
            await do(world, BuildEmbeddings)
    assert (await states(world))["one"] == "building"
    one.before = once(_unavailable)
    await failing_build(world)
    assert await do(world, BuildEmbeddings) == 4


async def test_a_set_that_is_built_anew_gives_every_version_all_its_tries_again(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    picky = Picky("one", "Bad")
    await start(world, models, None)
    bad = await store_version(world, ada, "Bad", *LEASE)
    await start(world, models, picky)
    for _ in range(TRIES):
        await failing_build(world)
    assert await do(world, BuildEmbeddings) == 0

    picky.learn()
    await do(world, RebuildEmbeddings)
    assert await do(world, BuildEmbeddings) == 4
    assert await embedded(world, bad, "one") == 4


async def _unavailable() -> None:
    raise Unavailable("it does not answer", timedelta(seconds=1))
