"""From one model to another, as users and operators see it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from dishka import AsyncContainer

from application.knowledge.embedding_sets import (
    BuildEmbeddings,
    DropEmbeddings,
    EmptySet,
    MendEmbeddings,
    RebuildEmbeddings,
    SwitchSet,
    WantModel,
)
from application.knowledge.ingestion import EmbedChunks
from application.knowledge.ports import EmbeddingSets, Vectors, VectorUpkeep, Versions
from application.knowledge.search import SearchDocuments
from application.knowledge.views import Mode, Query
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.ports import Ids
from domain.identity.consent import Purpose
from domain.knowledge.document import Step
from domain.knowledge.embedding import KEPT, SetState
from domain.knowledge.events import TermsIndexed
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
from tests.contract.knowledge.library import LEASE, Stored, store_version

MINILM = "minilm-l6-v2-int8"


async def start(world: AsyncContainer, models: ChangingModels, *use: WordsModel | None) -> None:
    """A worker, with the first of them in its settings and the others installed."""
    wanted, *others = use
    models.use(wanted, *[one for one in others if one])
    await do(world, WantModel)


async def embedded(world: AsyncContainer, stored: Stored, name: str) -> int:
    """How many passages of the version have a vector in the set."""
    async with world() as request:
        vectors = await request.get(Vectors)
        lacking = await vectors.lacking(stored.document.user_id, stored.version.id, name, limit=100)
    return len(stored.chunks) - len(lacking)


async def ingest(world: AsyncContainer, owner: UserId) -> Stored:
    """A version, up to and with the step that embeds it."""
    stored = await store_version(world, owner, "Lease", *LEASE, publish=False)
    async with world() as request:
        await (await request.get(Versions)).save(replace(stored.version, step=Step.EMBED))
    event = TermsIndexed((await world.get(Ids)).next(), owner, stored.version.id)
    async with world() as request:
        await (await request.get(EmbedChunks))(event)
    return stored


async def pass_time(world: AsyncContainer, name: str) -> None:
    """Until a set that has retired may go."""
    async with world() as request:
        sets = await request.get(EmbeddingSets)
        (one,) = [s for s in await sets.all() if s.name == name]
        await sets.save(replace(one, changed_at=one.changed_at - KEPT))


def once(action: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    left = [action]

    async def before() -> None:
        if left:
            await left.pop()()

    return before


async def test_a_database_without_documents_takes_any_model_at_once(
    world: AsyncContainer, models: ChangingModels
) -> None:
    await start(world, models, WordsModel("one"))
    found = await states(world)
    assert found.pop(MINILM, "retired") == "retired"
    assert found == {"one": "active"}


async def test_a_new_model_answers_when_it_has_read_everything(
    world: AsyncContainer, models: ChangingModels, ada: UserId, bob: UserId
) -> None:
    one, two = WordsModel("one"), WordsModel("two", 5)
    await start(world, models, one)
    stored = [await store_version(world, owner, "Lease", *LEASE) for owner in (ada, bob)]
    await do(world, MendEmbeddings)

    await start(world, models, two, one)
    assert {"one": "active", "two": "building"}.items() <= (await states(world)).items()
    before = await meaning(world, ada)
    assert before and (before.embedding_set, len(before.vector)) == ("one", 8)

    assert await do(world, BuildEmbeddings) == 8
    assert {"one": "retired", "two": "active"}.items() <= (await states(world)).items()
    after = await meaning(world, ada)
    assert after and (after.embedding_set, len(after.vector)) == ("two", 5)
    assert [await embedded(world, version, "two") for version in stored] == [4, 4]
    assert await do(world, BuildEmbeddings) == await do(world, MendEmbeddings) == 0
    assert len(two.read) == 8 + 1


async def test_what_a_model_reads_says_what_the_passage_is_about(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one = WordsModel("one")
    await store_version(world, ada, "Lease", LEASE[0], heading="Fees > Late")
    await start(world, models, one)
    await do(world, BuildEmbeddings)
    assert one.read == [f"Lease > Fees > Late\n{LEASE[0]}"]


async def test_a_set_that_retired_goes_after_a_while(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    stored = await store_version(world, ada, "Lease", *LEASE)
    await do(world, MendEmbeddings)
    await start(world, models, two, one)
    await do(world, BuildEmbeddings)

    await do(world, DropEmbeddings)
    assert await embedded(world, stored, "one") == 4, "somebody may be asking it"
    await pass_time(world, "one")
    await do(world, DropEmbeddings)
    assert "one" not in await states(world)
    assert await embedded(world, stored, "one") == 0
    assert await embedded(world, stored, "two") == 4


async def test_new_passages_get_the_vectors_of_both_sets(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    await store_version(world, ada, "An old one", *LEASE)
    await start(world, models, two, one)
    stored = await ingest(world, ada)
    assert [await embedded(world, stored, name) for name in ("one", "two")] == [4, 4]


async def test_a_model_that_is_wanted_while_passages_are_embedded_reads_them_too(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    await store_version(world, ada, "An old one", *LEASE)
    one.before = once(lambda: start(world, models, two, one))
    stored = await ingest(world, ada)
    assert [await embedded(world, stored, name) for name in ("one", "two")] == [4, 4]


async def test_a_set_does_not_answer_before_what_is_about_to_be_published_is_in_it(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    """Embedded before the set was thought of, published after it was filled."""
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    stored = await ingest(world, ada)
    assert await embedded(world, stored, "two") == 0

    await start(world, models, two, one)
    assert not await do(world, SwitchSet)
    assert (await states(world))["two"] == "building"
    await do(world, BuildEmbeddings)
    assert await embedded(world, stored, "two") == 4
    assert (await states(world))["two"] == "active"


async def test_without_a_model_documents_are_found_by_words_and_catch_up_later(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one = WordsModel("one")
    await start(world, models, one)
    first = await ingest(world, ada)
    await start(world, models, None)
    assert await meaning(world, ada) is None
    second = await ingest(world, ada)
    assert [await embedded(world, stored, "one") for stored in (first, second)] == [4, 0]

    await start(world, models, one)
    assert await meaning(world, ada) is None, "half of it cannot be found by meaning yet"
    assert await do(world, BuildEmbeddings) == 4
    assert await embedded(world, second, "one") == 4
    assert await meaning(world, ada) is not None


async def test_search_says_whether_meaning_was_compared(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    await store_version(world, ada, "Lease", *LEASE)
    actor, query = Actor(ada, EVERYTHING_OWN), Query("late fee")

    async def semantic(query: Query = query) -> bool:
        async with world() as request:
            return (await (await request.get(SearchDocuments))(actor, query)).semantic

    await start(world, models, None)
    assert not await semantic()
    await start(world, models, WordsModel("one"))
    assert not await semantic()
    await do(world, BuildEmbeddings)
    assert await semantic()
    assert not await semantic(Query("late fee", mode=Mode.LEXICAL))


async def test_when_the_model_of_the_active_set_is_not_here_meaning_is_left_out(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    await store_version(world, ada, "Lease", *LEASE)
    await start(world, models, two)
    assert (await states(world))["one"] == "active"
    assert await meaning(world, ada) is None
    stored = await ingest(world, ada)
    assert [await embedded(world, stored, name) for name in ("one", "two")] == [0, 4]
    await do(world, BuildEmbeddings)
    assert await meaning(world, ada) is not None


async def test_a_worker_that_does_not_have_the_model_lets_it_wait(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    await store_version(world, ada, "Lease", *LEASE)
    await start(world, models, two, one)
    models.use(one)
    assert await do(world, BuildEmbeddings) == 0
    assert (await states(world))["two"] == "building"


async def test_who_changes_their_mind_keeps_what_there_was(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    stored = await store_version(world, ada, "Lease", *LEASE)
    await do(world, MendEmbeddings)
    await start(world, models, two, one)
    await start(world, models, one, two)
    assert {"one": "active", "two": "retired"}.items() <= (await states(world)).items()

    await start(world, models, two, one)
    await do(world, BuildEmbeddings)
    await start(world, models, one, two)
    assert await embedded(world, stored, "one") == 4
    assert (await states(world))["one"] == "active", "it was complete still"
    assert len(one.read) == 4


async def test_a_set_that_is_wanted_again_is_not_dropped(
    world: AsyncContainer, models: ChangingModels, ada: UserId
) -> None:
    """In the moment in which its vectors begin to go."""
    one, two = WordsModel("one"), WordsModel("two")
    await start(world, models, one)
    stored = await store_version(world, ada, "Lease", *LEASE)
    await do(world, MendEmbeddings)
    await start(world, models, two, one)
    await do(world, BuildEmbeddings)
    await start(world, models, one, two)
    async with world() as request:
        assert not await (await request.get(EmptySet))("one", SetState.RETIRED)
    await do(world, BuildEmbeddings)
    assert (await states(world))["one"] == "active"
    assert await embedded(world, stored, "one") == 4


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
    await start(world, models, one)
    stored = await store_version(world, ada, "Lease", *LEASE)
    await do(world, MendEmbeddings)

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
    seen: list[tuple[int, int]] = []

    async def look() -> None:
        async with world() as request:
            sets = await (await request.get(EmbeddingSets)).all()
        seen.extend((s.done, s.total) for s in sets if s.name == "one")

    one.before = look
    await do(world, BuildEmbeddings)
    await look()
    assert seen == [(0, 0), (32, 70), (64, 70), (70, 70)]
    async with world() as request:
        assert await (await request.get(VectorUpkeep)).counted("one") == (70, 70)


async def _unavailable() -> None:
    raise Unavailable("it does not answer", timedelta(seconds=1))
