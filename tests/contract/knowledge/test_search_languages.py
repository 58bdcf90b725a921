"""Words are read as their document's language has them; only PostgreSQL knows how."""

import pytest
from dishka import AsyncContainer

from adapters.postgres.knowledge.languages import configuration
from domain.knowledge.text import Properties
from domain.shared.ids import UserId
from tests.contract.knowledge.library import Stored, put_terms, save, search, store_version
from tests.contract.knowledge.test_documents import put


@pytest.fixture
def world(postgres: AsyncContainer) -> AsyncContainer:
    return postgres


async def written_in(
    world: AsyncContainer, owner: UserId, language: str | None, *texts: str
) -> Stored:
    stored = await store_version(world, owner, f"In {language}", *texts, publish=False)
    properties = Properties(language=language)
    await put(world, stored.version, stored.text, stored.chunks, properties)
    await put_terms(world, stored)  # as ingestion does, before the document knows its language
    await save(world, stored.document, current=stored.version)
    return stored


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("de", "Die Kündigungen der Verträge sind schriftlich.", "Kündigung des Vertrags"),
        ("fr-CA", "Les locataires paieront le loyer.", "locataire payer"),
        ("en-GB", "Tenants are paying the rent.", "tenant pays"),
        (None, "Tenants are paying the rent.", "tenant pays"),
        ("pl", "Umowa najmu lokalu.", "umowa"),
        ("ja", "賃貸借契約 2026", "賃貸借契約"),
    ],
)
async def test_a_word_is_found_in_its_languages_forms(
    world: AsyncContainer, ada: UserId, language: str | None, text: str, query: str
) -> None:
    await written_in(world, ada, language, text, "42")
    assert [hit.text for hit in await search(world, ada, query)] == [text]


async def test_a_query_is_read_in_each_language_of_ones_documents(
    world: AsyncContainer, ada: UserId
) -> None:
    await written_in(world, ada, "de", "Verträge werden verlängert.")
    await written_in(world, ada, "en", "The renewals of contracts.")
    await written_in(world, ada, "pl", "Umowa: renewal")
    hits = await search(world, ada, "Vertrag or renewal")
    assert {hit.document_title for hit in hits} == {"In de", "In en", "In pl"}


async def test_a_word_counts_as_its_own_language_has_it(world: AsyncContainer, ada: UserId) -> None:
    """The English stem of universities is universi; in German that is no word of the query."""
    await written_in(world, ada, "de", "universi")
    await written_in(world, ada, "en", "universities")
    assert [hit.document_title for hit in await search(world, ada, "university")] == ["In en"]


async def test_phrases_are_found_in_any_language(world: AsyncContainer, ada: UserId) -> None:
    await written_in(world, ada, "de", "Die Kündigung ist schriftlich.", "Schriftlich ist sie.")
    await written_in(world, ada, "en", "Notice is given in writing.")
    assert len(await search(world, ada, '"Kündigung ist"')) == 1


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (None, "english"),
        ("", "english"),
        ("EN-us", "english"),
        ("de-CH-1901", "german"),
        ("nb", "norwegian"),
        ("zh-Hant", "simple"),
        ("english'; --", "simple"),
    ],
)
def test_each_language_has_a_configuration(language: str | None, expected: str) -> None:
    assert configuration(language) == expected
