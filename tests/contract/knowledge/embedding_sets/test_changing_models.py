"""From one model to another, as users and operators see it."""

from dishka import AsyncContainer

from application.knowledge.embedding_sets import (
    BuildEmbeddings,
    DropEmbeddings,
    EmptySet,
    MendEmbeddings,
    SwitchSet,
)
from application.knowledge.search import SearchDocuments
from application.knowledge.views import Mode, Query
from application.shared.actor import EVERYTHING_OWN, Actor
from domain.knowledge.embedding import SetState
from domain.shared.ids import UserId
from tests.contract.knowledge.embedding_sets.conftest import (
    ChangingModels,
    WordsModel,
    do,
    meaning,
    states,
)
from tests.contract.knowledge.embedding_sets.steps import (
    embedded,
    ingest,
    once,
    pass_time,
    read_by,
    start,
)
from tests.contract.knowledge.library import LEASE, store_version

MINILM = "minilm-l6-v2-int8"


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
    stored = await read_by(world, models, ada, one)
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
    stored = await read_by(world, models, ada, one)
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
    stored = await read_by(world, models, ada, one)
    await start(world, models, two, one)
    await do(world, BuildEmbeddings)
    await start(world, models, one, two)
    async with world() as request:
        assert not await (await request.get(EmptySet))("one", SetState.RETIRED)
    await do(world, BuildEmbeddings)
    assert (await states(world))["one"] == "active"
    assert await embedded(world, stored, "one") == 4
