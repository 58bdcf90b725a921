"""What any SearchIndex promises of quoted phrases and of words with a hyphen before them."""

import pytest
from dishka import AsyncContainer

from application.knowledge.views import Mode
from domain.shared.ids import UserId
from tests.contract.knowledge.library import (
    FEES,
    LEASE,
    NOTICE,
    PETS,
    axis,
    lean,
    put_vectors,
    search,
    store_version,
)


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.SEMANTIC])
async def test_a_passage_has_what_is_quoted(world: AsyncContainer, ada: UserId, mode: Mode) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    for query, found in (
        ('"written notice"', [NOTICE]),
        ('"WRITTEN  notice" or a late fee', [NOTICE]),
        ('"notice written"', []),
        ('"a late" "fifty euros"', [FEES]),
        ('"a late" "written notice"', []),
    ):
        hits = await search(world, ada, query, axis(1), mode=mode)
        assert [hit.text for hit in hits] == found


async def test_a_passage_has_not_what_is_excluded(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    for mode in Mode:
        hits = await search(world, ada, "dogs or a late fee -euros", axis(0), mode=mode)
        assert hits[0].text == PETS if mode is not Mode.SEMANTIC else hits
        assert FEES not in [hit.text for hit in hits]
    hits = await search(world, ada, 'landlord -"in writing"', mode=Mode.LEXICAL)
    assert hits == []


async def test_only_what_is_excluded_asks_for_nothing(world: AsyncContainer, ada: UserId) -> None:
    await store_version(world, ada, "Lease", *LEASE)
    assert await search(world, ada, "-euros") == []


async def test_a_phrase_of_words_that_are_passed_over_is_found_by_meaning(
    world: AsyncContainer, ada: UserId
) -> None:
    stored = await store_version(world, ada, "Play", "To be or not to be.", "To sleep, to dream.")
    await put_vectors(world, stored, [axis(0), axis(1)])
    (hit,) = await search(world, ada, '"to be or not to be"', axis(1))
    assert hit.text == "To be or not to be."


@pytest.mark.parametrize("mode", list(Mode))
async def test_what_insists_is_found_behind_hundreds_that_lack_it(
    world: AsyncContainer, ada: UserId, mode: Mode
) -> None:
    """It is the worst of all by words and by meaning."""
    for n in range(50):
        stored = await store_version(world, ada, f"Lease {n}", *["rent fee rent"] * 5)
        await put_vectors(world, stored, [axis(0)] * 5)
    words = "fee rent stands among so many other words that it counts for little here"
    for n in range(4):
        stored = await store_version(world, ada, f"Other {n}", words, words, words, words)
        await put_vectors(world, stored, [lean(0, 0.2)] * 4)
    for query in ('"fee rent" "other words"', "fee rent -nothing -“rent fee”"):
        hits = await search(world, ada, query, axis(0), mode=mode, limit=12)
        assert [hit.text for hit in hits] == [words] * 12
