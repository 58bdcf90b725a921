"""What any SearchIndex promises of the words of a query."""

import pytest
from dishka import AsyncContainer

from domain.shared.ids import UserId
from tests.contract.knowledge.library import (
    FEES,
    LEASE,
    PETS,
    axis,
    put_terms,
    put_vectors,
    save,
    search,
    store_version,
)


async def test_the_passage_that_has_the_words_is_found(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    hit = (await search(world, ada, "late fee"))[0]
    chunk = stored.chunks[0]
    assert (hit.document_id, hit.document_title) == (stored.document.id, "Lease")
    assert (hit.version_id, hit.version_sha256) == (stored.version.id, stored.text.sha256)
    assert (hit.chunk_id, hit.page, hit.heading, hit.text) == (chunk.id, 1, None, FEES)
    assert stored.text.content[hit.start : hit.end] == FEES
    assert [(s.page, s.start, s.end) for s in hit.sentences] == [(1, 0, len(FEES))]
    assert hit.legs.lexical == 1
    assert hit.legs.semantic is None


async def test_a_question_need_not_match_in_every_word(world: AsyncContainer, ada: UserId) -> None:
    await store_version(world, ada, "Lease", *LEASE)
    question = "What happens, financially speaking, if somebody pays the rent too late?"
    assert (await search(world, ada, question))[0].text == FEES


async def test_a_word_is_found_in_its_other_forms(world: AsyncContainer, ada: UserId) -> None:
    await store_version(world, ada, "Lease", *LEASE)
    assert [hit.text for hit in await search(world, ada, "agreeing landlords")] == [PETS]


async def test_words_of_the_heading_count(world: AsyncContainer, ada: UserId) -> None:
    await store_version(world, ada, "Lease", *LEASE, heading="Housing > Horticulture")
    assert await search(world, ada, "horticulture")


async def test_words_of_the_title_count(world: AsyncContainer, ada: UserId) -> None:
    lease = await store_version(world, ada, "Tenancy of Elm Street", *LEASE)
    await store_version(world, ada, "Tenancy of Oak Street", *LEASE)
    best = (await search(world, ada, "dogs in Elm Street"))[0]
    assert (best.document_id, best.text) == (lease.document.id, PETS)


async def test_words_of_a_new_title_count_once_they_are_indexed(
    world: AsyncContainer, ada: UserId
) -> None:
    lease = await store_version(world, ada, "Scan 17", *LEASE)
    lease.document.title = "Elm Street"
    await save(world, lease.document, current=lease.version)
    assert not await search(world, ada, "Elm Street")
    await put_terms(world, lease)
    assert await search(world, ada, "Elm Street")
    assert not await search(world, ada, "scan")


async def test_words_joined_by_a_slash_are_found_alone(world: AsyncContainer, ada: UserId) -> None:
    await store_version(world, ada, "Lease", "Contact the landlord/caretaker at once.")
    assert await search(world, ada, "caretaker")
    assert await search(world, ada, "caretaker/janitor")


async def test_the_rarer_word_decides(world: AsyncContainer, ada: UserId) -> None:
    rent = [f"The rent of flat {n} is due." for n in range(6)]
    await store_version(world, ada, "Lease", *rent, "The sauna of flat 9 is closed.")
    assert (await search(world, ada, "rent or sauna"))[0].text.startswith("The sauna")


async def test_of_very_many_words_the_rarest_count(world: AsyncContainer, ada: UserId) -> None:
    common = [f"common{n}" for n in range(60)]
    texts = [*[" ".join(common)] * 3, "here is the needle"]
    stored = await store_version(world, ada, "Common", *texts)
    query = " ".join([*common, "needle"])
    hits = await search(world, ada, query, document_ids=[stored.document.id])
    assert "here is the needle" in [hit.text for hit in hits]


async def test_indexing_twice_changes_nothing(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    before = await search(world, ada, "late fee or notice", axis(1))
    await put_terms(world, stored)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    assert await search(world, ada, "late fee or notice", axis(1)) == before


@pytest.mark.parametrize(
    "query",
    [
        *("the of and", "?", " ", "😀", "'; DROP TABLE postings; --", "fee & !pets | (rent:*)"),
        *('"late fee', "<-> <2> :A :*", "\\", "%", "%(fee)s :fee $1 {fee}", "late\\'fee"),
        *(
            "fee/rent",
            "a" * 2000,
            "fee " * 500,
            "ß" * 2000,
            "👩‍👩‍👧 fee",
            "\u202efee",
            "-1 1e99 0x1F",
        ),
        *("http://example.org/a?b=c&d", "ada@example.org", "<b>fee</b> &amp;", "_ __ _x_", "\t\n"),
    ],
)
async def test_no_query_is_an_error(world: AsyncContainer, ada: UserId, query: str) -> None:
    stored = await store_version(world, ada, "Lease", *LEASE)
    await put_vectors(world, stored, [axis(n) for n in range(4)])
    found = await search(world, ada, query)
    assert all(hit.document_id == stored.document.id for hit in found)
    assert len(await search(world, ada, query, axis(0))) == 3
