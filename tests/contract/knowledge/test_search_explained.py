"""What any SearchIndex tells of how a passage came by its place."""

import pytest
from dishka import AsyncContainer

from application.knowledge.ports import Embedding, SearchIndex
from application.knowledge.views import Comparison, Findings, Mode, Plan, Query
from domain.knowledge.ranking import bm25, idf
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId
from tests.contract.knowledge.library import (
    FEES,
    LEASE,
    SET,
    axis,
    delete,
    lean,
    put_vectors,
    search,
    store_version,
)


async def explained(world: AsyncContainer, owner: UserId, query: Query) -> Findings:
    async with world() as request:
        index: SearchIndex = await request.get(SearchIndex)
        return await index.search(owner, query, Embedding(SET, axis(0)))


async def test_a_score_is_the_sum_of_what_is_told(world: AsyncContainer, ada: UserId) -> None:
    stored = await store_version(world, ada, "Notes", "alpha alpha ray", "beta ray", "gamma beam")
    await put_vectors(world, stored, [lean(0, 0.5), axis(0), lean(0, 0.25)])
    found = await explained(world, ada, Query("alpha ray ray", explain=True))
    first = found.hits[0]
    told = first.explanation
    assert told is not None
    lengths = (4, 3, 3)  # with the title
    mean = sum(lengths) / 3
    assert {term.term: (term.times, term.tf) for term in told.terms} == (
        {"alpha": (1, 2), "ray": (2, 1)}
    )
    by_name = {term.term: term for term in told.terms}
    assert by_name["alpha"].idf == pytest.approx(idf(3, 1))
    assert by_name["alpha"].score == pytest.approx(idf(3, 1) * bm25(2, 4, mean))
    assert by_name["ray"].score == pytest.approx(2 * idf(3, 2) * bm25(1, 4, mean))
    assert told.bm25 == pytest.approx(sum(term.score for term in told.terms))
    assert told.distance == pytest.approx(0.5, abs=0.001)
    assert [(share.leg, share.rank) for share in told.fusion] == [("lexical", 1), ("semantic", 2)]
    assert first.score == pytest.approx(sum(share.share for share in told.fusion))
    assert found.plan == Plan(3, ["english"], Comparison.EXACT, fallback=False, widened=False)


async def test_what_only_one_list_has_is_explained_by_it(
    world: AsyncContainer, ada: UserId
) -> None:
    stored = await store_version(world, ada, "Notes", "alpha", "beta")
    await put_vectors(world, stored, [axis(1), axis(0)])
    query = Query("alpha", explain=True, mode=Mode.SEMANTIC)
    (first, second) = (await explained(world, ada, query)).hits
    assert first.explanation is not None
    assert (first.explanation.terms, first.explanation.bm25) == ([], 0)
    assert [share.leg for share in first.explanation.fusion] == ["semantic"]
    assert second.text == "alpha"


async def test_nothing_is_explained_unasked(world: AsyncContainer, ada: UserId) -> None:
    await store_version(world, ada, "Lease", *LEASE)
    (hit,) = (await explained(world, ada, Query("late fee", mode=Mode.LEXICAL))).hits
    assert hit.explanation is None


async def test_widening_is_told(world: AsyncContainer, ada: UserId) -> None:
    await store_version(world, ada, "Long", *[f"rent {n}" for n in range(130)])
    await store_version(world, ada, "Short", "the rent among so many other words")
    assert (await explained(world, ada, Query("rent", mode=Mode.LEXICAL))).plan.widened


async def test_the_best_sentence_is_one_of_the_passages_own(
    world: AsyncContainer, ada: UserId
) -> None:
    text = f"Rent is due monthly. {FEES} Dogs are welcome."
    stored = await store_version(world, ada, "Lease", text)
    (hit,) = await search(world, ada, "what is the late fee?")
    best = hit.best_sentence
    assert stored.text.content[best.start : best.end] == FEES
    assert best in hit.sentences


async def test_only_ones_own_live_documents_may_be_named(
    world: AsyncContainer, ada: UserId, bob: UserId
) -> None:
    mine = await store_version(world, ada, "Lease", *LEASE)
    draft = await store_version(world, ada, "Draft", *LEASE, publish=False)
    theirs = await store_version(world, bob, "Lease", *LEASE)
    gone = await store_version(world, ada, "Gone", *LEASE)
    await delete(world, gone.document)
    async with world() as request:
        index = await request.get(SearchIndex)
        await index.require(ada, [mine.document.id, draft.document.id, mine.document.id])
        for foreign in (theirs.document.id, gone.document.id, DocumentId(ada)):
            with pytest.raises(NotFound):
                await index.require(ada, [mine.document.id, foreign])
