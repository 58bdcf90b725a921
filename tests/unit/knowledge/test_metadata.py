"""What an owner may say of a document."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.world import World
from application.knowledge.documents import UploadDocument
from application.knowledge.metadata import DescribeDocument, Details
from application.knowledge.search import SearchDocuments
from application.knowledge.views import Query
from domain.knowledge.metadata import Category, InvalidKeywords, jurisdiction, keywords
from domain.shared.errors import NotFound
from tests.unit.knowledge.test_ingestion import POLICY, a_user, sent, upload


def test_a_keyword_is_the_same_in_any_case_and_composition() -> None:
    decomposed = normalize("NFD", " Übung ")
    assert keywords(["übung", decomposed, "ÜBUNG", "", "  "]) == ("übung",)
    assert keywords(["Straße"]) == keywords(["STRASSE"])


@given(st.lists(st.text(max_size=20), max_size=50))
def test_keywords_stay_as_they_are_when_they_are_made_again(texts: list[str]) -> None:
    assert keywords(keywords(texts)) == keywords(texts)
    assert keywords(reversed(texts)) == keywords(texts)


@pytest.mark.parametrize("texts", [[str(n) for n in range(51)], ["ß" * 51], ["x" * 101]])
def test_too_many_or_too_long_keywords_are_refused(texts: list[str]) -> None:
    with pytest.raises(InvalidKeywords):
        keywords(texts)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("de", "DE"),
        (" us-ca ", "US-CA"),
        ("Court of Appeal of Milan", "Court of Appeal of Milan"),
        ("bgh", "bgh"),
        ("  ", None),
    ],
)
def test_a_jurisdiction_is_a_code_or_a_court(said: str, kept: str | None) -> None:
    assert jurisdiction(said) == kept


async def test_what_is_said_beside_an_upload_is_kept_with_the_document() -> None:
    world = World()
    ada = await a_user(world)
    details = Details(title=" Keeping ", category=Category.POLICY, keywords=["GDPR", "Invoices"])
    uploaded = await world.get(UploadDocument)(ada, sent(POLICY.encode()), details)
    view = uploaded.document
    assert (view.title, view.category) == ("Keeping", Category.POLICY)
    assert view.keywords == ["gdpr", "invoices"]
    assert view.file_type == "md"


async def test_only_what_is_sent_is_changed_and_null_empties() -> None:
    world = World()
    ada = await a_user(world)
    document = await upload(world, ada)
    describe = world.get(DescribeDocument)
    await describe(ada, document.id, Details(jurisdiction="de", keywords=["tax"]))

    view = await describe(ada, document.id, Details(category=Category.STATUTE))
    assert (view.category, view.jurisdiction, view.keywords) == ("statute", "DE", ["tax"])

    view = await describe(ada, document.id, Details(jurisdiction=None, keywords=[]))
    assert (view.category, view.jurisdiction, view.keywords) == ("statute", None, [])


async def test_a_document_is_found_by_its_new_title_and_no_longer_by_its_old_one() -> None:
    world = World()
    ada = await a_user(world)
    document = await upload(world, ada)
    await world.drain()
    search = world.get(SearchDocuments)
    assert (await search(ada, Query("policy"))).items

    await world.get(DescribeDocument)(ada, document.id, Details(title="House rules"))
    await world.drain(twice=True)
    assert (await search(ada, Query("house rules"))).items
    assert not (await search(ada, Query("policy"))).items


async def test_a_title_that_stays_as_it_is_gives_nobody_work() -> None:
    world = World()
    ada = await a_user(world)
    document = await upload(world, ada)
    await world.drain()
    await world.get(DescribeDocument)(ada, document.id, Details(title=" policy.md "))
    assert not world.store.events


async def test_another_users_document_cannot_be_described() -> None:
    world = World()
    ada, bob = await a_user(world), await a_user(world, "bob@example.org")
    document = await upload(world, ada)
    with pytest.raises(NotFound):
        await world.get(DescribeDocument)(bob, document.id, Details(title="Mine"))


async def test_bad_keywords_leave_no_bytes_behind() -> None:
    world = World()
    ada = await a_user(world)
    before = dict(world.store.tables)
    with pytest.raises(InvalidKeywords):
        await world.get(UploadDocument)(ada, sent(POLICY.encode()), Details(keywords=["x" * 101]))
    assert world.store.tables == before
