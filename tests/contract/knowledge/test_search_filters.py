"""A tree of conditions finds the same documents in both worlds, whatever they do not say."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from dishka import AsyncContainer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.memory.knowledge.filters import meets
from application.knowledge.filters import (
    And,
    AuthoredDuring,
    CreatedDuring,
    Filter,
    HasKeyword,
    InCategory,
    InJurisdiction,
    InLanguage,
    InPracticeArea,
    Not,
    OfFileType,
    Or,
)
from application.knowledge.ports import SearchIndex
from application.knowledge.views import Query
from domain.knowledge.document import Document
from domain.knowledge.metadata import Category, checked
from domain.shared.ids import UserId
from tests.contract.knowledge.library import save, search, store_version

PLACES = ["US", "us-ca", "DE", "High Court", "high court", "  ", "ß"]
AREAS = ["employment", "Employment", " TAX ", "tax", "ÜBUNG", "übung", "%", "' OR true --"]
KEYWORDS = ["rent", "RENT", "Straße", "strasse", "a_b", "$1", ":user_id"]
TYPES = ["pdf", "PDF", "md"]
LANGUAGES = ["en", "EN-gb", "e", "de", "de-CH", "-", "%"]
TIMES = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 8)]


def among(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


def times() -> st.SearchStrategy[tuple[datetime | None, datetime | None]]:
    one = st.none() | st.sampled_from(TIMES)
    return st.tuples(one, one).filter(any)


leaves: st.SearchStrategy[Filter] = st.one_of(
    among(list(Category)).map(InCategory),
    among(PLACES).map(InJurisdiction),
    among(AREAS).map(InPracticeArea),
    among(KEYWORDS).map(HasKeyword),
    among(TYPES).map(OfFileType),
    among(LANGUAGES).map(InLanguage),
    times().map(lambda pair: CreatedDuring(*pair)),
    times().map(lambda pair: AuthoredDuring(*pair)),
)
trees: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda below: st.one_of(
        below.map(Not),
        st.lists(below, min_size=1, max_size=4).map(And),
        st.lists(below, min_size=1, max_size=4).map(Or),
    ),
    max_leaves=8,
)


def facts(source: random.Random) -> dict[str, Any]:
    return {
        "category": source.choice(list(Category)),
        "jurisdiction": source.choice([None, *PLACES]),
        "practice_area": source.choice([None, *AREAS]),
        "keywords": source.sample(KEYWORDS, source.randint(0, 3)),
        "language": source.choice([None, "en", "en-GB", "de-ch", "de", "eng"]),
        "file_type": source.choice(["pdf", "md"]),
        "created_at": source.choice(TIMES),
        "authored_at": source.choice([None, *TIMES]),
    }


@dataclass(frozen=True)
class Library:
    """Documents of one owner; each has one passage, and all have the same word."""

    owner: UserId
    documents: list[Document]


@pytest.fixture
async def library(world: AsyncContainer, ada: UserId) -> Library:
    source, made = random.Random(3), []  # noqa: S311
    for number in range(40):
        stored = await store_version(world, ada, f"Document {number}", "the rent")
        for name, value in checked(facts(source)).items():
            setattr(stored.document, name, value)
        await save(world, stored.document, current=stored.version)
        made.append(stored.document)
    return Library(ada, made)


async def found(world: AsyncContainer, owner: UserId, tree: Filter) -> set[str]:
    async with world() as request:
        index = await request.get(SearchIndex)
        findings = await index.search(owner, Query("rent", limit=50, filters=tree), None)
    return {hit.document_title for hit in findings.hits}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=trees)
async def test_a_tree_finds_what_meets_it(
    world: AsyncContainer, library: Library, tree: Filter
) -> None:
    met = {one.title for one in library.documents if meets(one, tree)}
    assert await found(world, library.owner, tree) == met


@pytest.mark.parametrize(
    ("tree", "titles"),
    [
        (InCategory([Category.BRIEF]), {"brief"}),
        (Not(InCategory([Category.BRIEF])), {"silent"}),
        (InJurisdiction(["us-ca", "x"]), {"brief"}),
        (Not(InJurisdiction(["US-CA"])), {"silent"}),
        (InPracticeArea(["x", "EMPLOYMENT law"]), {"brief"}),
        (Not(InPracticeArea(["employment law"])), {"silent"}),
        (InPracticeArea(["Employment"]), set()),
        (InLanguage(["EN"]), {"brief"}),
        (InLanguage(["en-US"]), set()),
        (Not(AuthoredDuring(since=TIMES[2])), {"silent"}),
        (AuthoredDuring(before=TIMES[2]), set()),
        (AuthoredDuring(TIMES[2], TIMES[3]), {"brief"}),
        (Or([HasKeyword(["TAX"]), OfFileType(["PDF"])]), {"brief"}),
        (And([HasKeyword(["tax"]), OfFileType(["pdf"])]), set()),
        (And([Not(HasKeyword(["x"])), CreatedDuring(before=TIMES[6])]), {"brief", "silent"}),
    ],
)
async def test_what_a_document_does_not_say_meets_the_negation(
    world: AsyncContainer, ada: UserId, tree: Filter, titles: set[str]
) -> None:
    said = {
        "category": Category.BRIEF,
        "jurisdiction": "US-CA",
        "practice_area": "Employment Law",
        "keywords": ["Tax"],
        "language": "en-GB",
        "authored_at": TIMES[2],
    }
    for title, facts in (("brief", said), ("silent", {})):
        stored = await store_version(world, ada, title, "the rent")
        for name, value in checked(facts).items():
            setattr(stored.document, name, value)
        await save(world, stored.document, current=stored.version)
    assert await found(world, ada, tree) == titles


async def test_filters_and_names_both_have_to_fit(world: AsyncContainer, library: Library) -> None:
    wanted = [one for one in library.documents if one.file_type == "pdf"]
    ids: list[UUID] = [one.id for one in library.documents[:10]]
    query = Query("rent", limit=50, filters=OfFileType(["pdf"]), document_ids=ids)
    async with world() as request:
        index = await request.get(SearchIndex)
        hits = (await index.search(library.owner, query, None)).hits
    assert {hit.document_id for hit in hits} == {one.id for one in wanted} & {*ids}


async def test_a_filter_does_not_change_the_order(world: AsyncContainer, ada: UserId) -> None:
    """Statistics are of all of one's documents, so a score means the same in each search."""
    for n in range(6):
        await store_version(world, ada, f"Notes {n}", f"alpha {'ray ' * n}", "beam of alpha rays")
    every = await search(world, ada, "alpha ray", limit=50)
    async with world() as request:
        index = await request.get(SearchIndex)
        query = Query("alpha ray", limit=50, filters=Not(OfFileType(["pdf"])))
        found = (await index.search(ada, query, None)).hits
    assert [hit.chunk_id for hit in found] == [hit.chunk_id for hit in every]
