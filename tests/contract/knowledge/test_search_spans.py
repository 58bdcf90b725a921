"""Whatever stands in a document: what search returns are spans of its canonical text."""

import pytest
from dishka import AsyncContainer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.knowledge.ports import DocumentReader, SearchIndex, Splitter
from application.knowledge.views import Query
from application.shared.page import PageRequest
from application.shared.ports import Ids
from domain.knowledge.chunk import LIMIT, chunks, sections
from domain.knowledge.text import RawPage, canonical
from domain.shared.ids import UserId
from tests.contract.knowledge.library import Stored, put_terms, save
from tests.contract.knowledge.test_documents import a_document_of, put

ODD = [
    "👩‍👩‍👧‍👦", "🏳️‍🌈", "e\u0301", "ﬁ", "שלום עולם", "\u202eabc\u202c", "مرحبا", "\u200d", "\ufeff",
    "\r\n", "\r", "\x00", "\x0b", "\x0c", "\u2028", "\x85", "\n\n", "\t", "𝔘𝔫𝔦", "İ", "ß", "\ud83d",
    "# Heading\n", "| a | b |\n", "- item\n", "1.2 clause ", "e.g. ", "“Quoted.” ", "。", "한국어",
]  # fmt: skip
words = st.sampled_from(["rent", "is", "due. ", "The tenant", "pays, ", "late. ", *ODD])
texts = st.lists(words | st.text(max_size=8), min_size=1, max_size=300).map(
    lambda parts: " ".join(parts) + " rent."
)


async def ingested(world: AsyncContainer, owner: UserId, pages: list[str]) -> Stored:
    """As the steps of ingestion do it, between extraction and publication."""
    ids = await world.get(Ids)
    document, version = await a_document_of(owner, world, ids, sha256=ids.next().hex)
    text = canonical([RawPage(page) for page in pages])
    splitter = await world.get(Splitter)
    pieces = [
        piece.shifted(section.start)
        for section in sections(text)
        for piece in splitter.split(section.of(text.content), LIMIT)
    ]
    stored = Stored(document, version, text, chunks(owner, document.id, version.id, text, pieces))
    await put(world, version, text, stored.chunks)
    await put_terms(world, stored)
    await save(world, document, current=version)
    return stored


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(pages=st.lists(texts, min_size=1, max_size=3))
async def test_every_span_is_a_span_of_the_text(
    world: AsyncContainer, ada: UserId, pages: list[str]
) -> None:
    stored = await ingested(world, ada, pages)
    document = stored.document.id
    async with world() as request:
        reader, index = await request.get(DocumentReader), await request.get(SearchIndex)
        content = (await reader.content(ada, document)).content
        query = Query("rent", document_ids=[document], limit=50)
        hits = (await index.search(ada, query, None)).hits
        passages = (await reader.chunks(ada, document, PageRequest(size=100))).items
    assert content == stored.text.content
    assert hits
    for passage in passages:
        assert content[passage.start : passage.end] == passage.content
    for hit in hits:
        assert content[hit.start : hit.end] == hit.text
        assert hit.best_sentence in hit.sentences
        for sentence in hit.sentences:
            assert hit.start <= sentence.start < sentence.end <= hit.end
            span = content[sentence.start : sentence.end]
            assert span == span.strip() != ""


@pytest.mark.parametrize("odd", ODD)
async def test_a_sentence_beside_something_odd_is_found_as_it_stands(
    world: AsyncContainer, ada: UserId, odd: str
) -> None:
    stored = await ingested(world, ada, [f"{odd} {odd}\n\nThe rent is due.\n\n{odd}"])
    async with world() as request:
        index = await request.get(SearchIndex)
        (hit,) = (await index.search(ada, Query("rent"), None)).hits
    best = hit.best_sentence
    assert stored.text.content[best.start : best.end] == "The rent is due."
