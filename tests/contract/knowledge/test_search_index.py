"""What any SearchIndex promises, asked of the one in memory and the one on Postgres."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.memory.search import MemorySearchIndex
from adapters.memory.store import Store
from adapters.models.minilm import MiniLmEmbedder
from adapters.postgres import search as search_module
from adapters.postgres.database import Database
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.search import PostgresSearchIndex
from application.knowledge.ports import SearchIndex, Vector
from application.knowledge.views import Hit, Mode, Query
from domain.knowledge.chunk import Chunk, Sentence, sentences
from domain.knowledge.document import Document, Status, Version
from domain.knowledge.text import CanonicalText, RawPage, canonical
from domain.shared.ids import ChunkId, DocumentId, FileId, UserId, VersionId
from domain.shared.span import Span

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SET = "minilm-l6-v2-int8"
FEES = "The tenant owes a late fee of fifty euros when rent is paid after the fifth day."
PETS = "Dogs and cats may live in the apartment if the landlord agrees in writing."
NOTICE = "Either party may end this lease with three months of written notice."
GARDEN = "The garden is shared by all residents, who water the plants in turn."
LEASE = (FEES, PETS, NOTICE, GARDEN)


class Model:
    """Names the set; the tests bring their own vectors."""

    embedding_set: str | None = SET

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        raise NotImplementedError


@dataclass(frozen=True)
class Stored:
    document: Document
    version: Version
    text: CanonicalText
    chunks: list[Chunk]


class Shelf(Protocol):
    """An index, and the documents it is about, each text of which is a chunk."""

    index: SearchIndex

    async def owner(self) -> UserId: ...

    async def keep(self, stored: Stored) -> None: ...

    async def delete(self, document: Document) -> None: ...


class MemoryShelf:
    def __init__(self) -> None:
        self.store = Store()
        self.index: SearchIndex = MemorySearchIndex(self.store, Model())

    async def owner(self) -> UserId:
        return UserId(uuid4())

    async def keep(self, stored: Stored) -> None:
        owner = stored.document.user_id
        self.store.table(Document)[owner, stored.document.id] = stored.document
        self.store.table(Version)[owner, stored.version.id] = stored.version
        self.store.table(CanonicalText)[owner, stored.version.id] = stored.text
        for chunk in stored.chunks:
            self.store.table(Chunk)[owner, chunk.id] = chunk

    async def delete(self, document: Document) -> None:
        self.store.table(Document)[document.user_id, document.id].deleted_at = NOW


class PostgresShelf:
    def __init__(self, pool: Pool, admin: asyncpg.Connection) -> None:
        self.pool, self.admin = pool, admin
        self.index: SearchIndex = PostgresSearchIndex(Database(pool), Model())

    async def owner(self) -> UserId:
        owner = UserId(uuid4())
        await self.admin.execute(
            """INSERT INTO users (id, email, timezone, locale, email_verified, is_active, is_admin,
            created_at, updated_at) VALUES ($1, $2, 'UTC', 'en', true, true, false, $3, $3)""",
            *(owner, f"{owner}@example.org", NOW),
        )
        return owner

    async def keep(self, stored: Stored) -> None:
        document, version, text = stored.document, stored.version, stored.text
        owner = document.user_id
        await self.admin.execute(
            """INSERT INTO stored_files (user_id, id, purpose, original_name, storage_key,
            media_type, size, sha256, created_at)
            VALUES ($1, $2, 'document', 'x.txt', $3, 'text/plain', 1, 'x', $4)""",
            *(owner, version.file_id, str(version.file_id), NOW),
        )
        await self.admin.execute(
            """INSERT INTO documents (user_id, id, title, sha256, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $5)""",
            *(owner, document.id, document.title, document.sha256, NOW),
        )
        await self.admin.execute(
            """INSERT INTO document_versions (user_id, id, document_id, file_id, number, status,
            done, total, created_at, updated_at)
            VALUES ($1, $2, $3, $4, 1, 'completed', 0, 0, $5, $5)""",
            *(owner, version.id, document.id, version.file_id, NOW),
        )
        await self.admin.execute(
            """INSERT INTO document_texts (user_id, version_id, content, sha256, pages, headings)
            VALUES ($1, $2, $3, $4, '[]', '[]')""",
            *(owner, version.id, text.content, text.sha256),
        )
        await self.admin.executemany(
            """INSERT INTO chunks (user_id, id, document_id, version_id, ordinal, page, start,
            "end", heading, content, sentences)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
            [
                (
                    *(owner, chunk.id, document.id, version.id, chunk.ordinal, chunk.page),
                    *(chunk.span.start, chunk.span.end, chunk.heading, chunk.content),
                    [n for s in chunk.sentences for n in (s.page, s.span.start, s.span.end)],
                )
                for chunk in stored.chunks
            ],
        )
        await self.admin.execute(
            "UPDATE documents SET current_version_id = $3 WHERE user_id = $1 AND id = $2",
            *(owner, document.id, document.current_version_id),
        )

    async def delete(self, document: Document) -> None:
        await self.admin.execute(
            "UPDATE documents SET deleted_at = $3 WHERE user_id = $1 AND id = $2",
            *(document.user_id, document.id, NOW),
        )


@pytest.fixture
async def postgres_shelf(database: str) -> AsyncIterator[PostgresShelf]:
    pool = await open_pool(database, 2)
    admin = await asyncpg.connect(database, ssl=False)
    yield PostgresShelf(pool, admin)
    await admin.close()
    await pool.close()


@pytest.fixture
def memory_shelf() -> MemoryShelf:
    return MemoryShelf()


@pytest.fixture(params=["memory_shelf", "postgres_shelf"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    shelf: Shelf = request.getfixturevalue(request.param)
    return shelf


@pytest.fixture
async def ada(shelf: Shelf) -> UserId:
    return await shelf.owner()


@pytest.fixture
async def bob(shelf: Shelf) -> UserId:
    return await shelf.owner()


@pytest.fixture(scope="module")
def minilm() -> MiniLmEmbedder:
    return MiniLmEmbedder()


async def test_the_passage_that_has_the_words_is_found(shelf: Shelf, ada: UserId) -> None:
    stored = await store_version(shelf, ada, "Lease", *LEASE)
    hit = (await search(shelf, ada, "late fee"))[0]
    chunk = stored.chunks[0]
    assert (hit.document_id, hit.document_title) == (stored.document.id, "Lease")
    assert (hit.version_id, hit.version_sha256) == (stored.version.id, stored.text.sha256)
    assert (hit.chunk_id, hit.page, hit.heading, hit.text) == (chunk.id, 1, None, FEES)
    assert stored.text.content[hit.start : hit.end] == FEES
    assert [(s.page, s.start, s.end) for s in hit.sentences] == [(1, 0, len(FEES))]
    assert hit.legs.lexical == 1
    assert hit.legs.semantic is None


async def test_a_question_need_not_match_in_every_word(shelf: Shelf, ada: UserId) -> None:
    await store_version(shelf, ada, "Lease", *LEASE)
    question = "What happens, financially speaking, if somebody pays the rent too late?"
    assert (await search(shelf, ada, question))[0].text == FEES


async def test_a_word_is_found_in_its_other_forms(shelf: Shelf, ada: UserId) -> None:
    await store_version(shelf, ada, "Lease", *LEASE)
    assert [hit.text for hit in await search(shelf, ada, "agreeing landlords")] == [PETS]


async def test_words_of_the_heading_count(shelf: Shelf, ada: UserId) -> None:
    await store_version(shelf, ada, "Lease", *LEASE, heading="Housing > Horticulture")
    assert await search(shelf, ada, "horticulture")


async def test_words_joined_by_a_slash_are_found_alone(shelf: Shelf, ada: UserId) -> None:
    await store_version(shelf, ada, "Lease", "Contact the landlord/caretaker at once.")
    assert await search(shelf, ada, "caretaker")
    assert await search(shelf, ada, "caretaker/janitor")


async def test_the_rarer_word_decides(shelf: Shelf, ada: UserId) -> None:
    rent = [f"The rent of flat {n} is due." for n in range(6)]
    await store_version(shelf, ada, "Lease", *rent, "The sauna of flat 9 is closed.")
    assert (await search(shelf, ada, "rent or sauna"))[0].text.startswith("The sauna")


async def test_others_documents_are_invisible(shelf: Shelf, ada: UserId, bob: UserId) -> None:
    mine = await store_version(shelf, ada, "Lease", *LEASE)
    theirs = await store_version(shelf, bob, "Lease", *LEASE)
    await put_vectors(shelf, mine, [axis(n) for n in range(4)])
    await put_vectors(shelf, theirs, [axis(n) for n in range(4)])
    for mode in Mode:
        hits = await search(shelf, ada, "late fee", axis(0), mode=mode)
        assert {hit.document_id for hit in hits} == {mine.document.id}
    ids = [theirs.document.id]
    assert await search(shelf, ada, "late fee", axis(0), document_ids=ids) == []


async def test_others_words_do_not_change_the_order(shelf: Shelf, ada: UserId, bob: UserId) -> None:
    """For Ada alpha is the rarer word, whatever Bob writes."""
    await store_version(shelf, ada, "Notes", "alpha ray", "gamma beam", "gamma wave")
    before = await search(shelf, ada, "alpha gamma")
    assert before[0].text == "alpha ray"
    await store_version(shelf, bob, "Noise", *[f"alpha number {n}" for n in range(30)])
    assert await search(shelf, ada, "alpha gamma") == before


async def test_what_is_not_published_is_invisible(shelf: Shelf, ada: UserId) -> None:
    stored = await store_version(shelf, ada, "Draft", *LEASE, publish=False)
    await put_vectors(shelf, stored, [axis(n) for n in range(4)])
    assert await search(shelf, ada, "late fee", axis(0)) == []


async def test_what_is_not_published_does_not_change_the_order(shelf: Shelf, ada: UserId) -> None:
    await store_version(shelf, ada, "Notes", "alpha ray", "gamma beam", "gamma wave")
    before = await search(shelf, ada, "alpha gamma")
    draft = [f"alpha number {n}" for n in range(30)]
    await store_version(shelf, ada, "Draft", *draft, publish=False)
    assert await search(shelf, ada, "alpha gamma") == before


async def test_what_is_deleted_is_invisible(shelf: Shelf, ada: UserId) -> None:
    stored = await store_version(shelf, ada, "Lease", *LEASE)
    await put_vectors(shelf, stored, [axis(n) for n in range(4)])
    await shelf.delete(stored.document)
    assert await search(shelf, ada, "late fee", axis(0)) == []


async def test_documents_may_be_named(shelf: Shelf, ada: UserId) -> None:
    first = await store_version(shelf, ada, "First", *LEASE)
    second = await store_version(shelf, ada, "Second", *LEASE)
    await store_version(shelf, ada, "Third", *LEASE)
    ids = [first.document.id, second.document.id, DocumentId(uuid4())]
    hits = await search(shelf, ada, "late fee", document_ids=ids)
    assert {hit.document_title for hit in hits} == {"First", "Second"}
    assert await search(shelf, ada, "late fee", document_ids=[]) == []
    assert await search(shelf, ada, "late fee", document_ids=[DocumentId(uuid4())]) == []


@pytest.mark.parametrize("limit", [1, 5, 50])
async def test_the_limit_is_reached_as_long_as_passages_match(
    shelf: Shelf, ada: UserId, limit: int
) -> None:
    for n in range(10):
        await store_version(shelf, ada, f"Lease {n}", "rent is due", "rent is paid", "no match")
    assert len(await search(shelf, ada, "rent", limit=limit)) == min(limit, 20)


async def test_one_document_gives_three_passages_unless_it_alone_is_asked(
    shelf: Shelf, ada: UserId
) -> None:
    rents = [f"rent of month {n}" for n in range(8)]
    first = await store_version(shelf, ada, "First", *rents)
    second = await store_version(shelf, ada, "Second", "the rent, among many other words")
    hits = await search(shelf, ada, "rent")
    assert Counter(hit.document_id for hit in hits) == {first.document.id: 3, second.document.id: 1}
    both = [first.document.id, second.document.id]
    assert len(await search(shelf, ada, "rent", document_ids=both)) == 4
    assert len(await search(shelf, ada, "rent", document_ids=[first.document.id])) == 8


async def test_a_long_document_does_not_hide_the_others(shelf: Shelf, ada: UserId) -> None:
    """Its passages fill the hundred candidates of both lists."""
    long = await store_version(shelf, ada, "Long", *[f"rent {n}" for n in range(130)])
    await put_vectors(shelf, long, [axis(0)] * 130)
    for n in range(4):
        short = await store_version(shelf, ada, f"Short {n}", f"{'other words ' * 20} rent")
        await put_vectors(shelf, short, [lean(0, 0.5)])
    for mode in Mode:
        hits = await search(shelf, ada, "rent", axis(0), mode=mode)
        assert Counter(hit.document_title for hit in hits)["Long"] == 3
        assert len(hits) == 7


async def test_indexing_twice_changes_nothing(shelf: Shelf, ada: UserId) -> None:
    stored = await store_version(shelf, ada, "Lease", *LEASE)
    await put_vectors(shelf, stored, [axis(n) for n in range(4)])
    before = await search(shelf, ada, "late fee or notice", axis(1))
    await shelf.index.put_terms(ada, stored.version.id)
    await put_vectors(shelf, stored, [axis(n) for n in range(4)])
    assert await search(shelf, ada, "late fee or notice", axis(1)) == before


async def test_a_later_vector_replaces_an_earlier_one(shelf: Shelf, ada: UserId) -> None:
    stored = await store_version(shelf, ada, "Lease", FEES, PETS)
    await put_vectors(shelf, stored, [axis(0), axis(1)])
    await put_vectors(shelf, stored, [axis(1), axis(0)])
    assert (await search(shelf, ada, "x", axis(0), mode=Mode.SEMANTIC))[0].text == PETS


async def test_a_vector_of_a_chunk_that_is_gone_is_left_out(shelf: Shelf, ada: UserId) -> None:
    await shelf.index.put_vectors(ada, SET, [(ChunkId(uuid4()), axis(0))])
    await shelf.index.put_vectors(ada, SET, [])
    assert await search(shelf, ada, "x", axis(0)) == []


async def test_vectors_of_another_set_are_not_compared(shelf: Shelf, ada: UserId) -> None:
    stored = await store_version(shelf, ada, "Lease", *LEASE)
    short = [(chunk.id, (1.0, 0.0, 0.0)) for chunk in stored.chunks]
    await shelf.index.put_vectors(ada, "another-set", short)
    assert await search(shelf, ada, "x", axis(0), mode=Mode.SEMANTIC) == []


async def test_meaning_is_found_without_a_common_word(
    shelf: Shelf, ada: UserId, minilm: MiniLmEmbedder
) -> None:
    stored = await store_version(shelf, ada, "Lease", *LEASE)
    await put_vectors(shelf, stored, await minilm.embed([f"Lease\n{text}" for text in LEASE]))
    for question, answer in (
        ("penalty for overdue payments", FEES),
        ("am I permitted to keep a puppy?", PETS),
        ("how can I cancel the contract?", NOTICE),
    ):
        (vector,) = await minilm.embed([question])
        hits = await search(shelf, ada, question, vector, mode=Mode.SEMANTIC)
        assert hits[0].text == answer
        assert hits[0].legs.semantic == 1
        assert (await search(shelf, ada, question, vector))[0].text == answer


async def test_a_mode_leaves_a_list_out(shelf: Shelf, ada: UserId) -> None:
    stored = await store_version(shelf, ada, "Lease", *LEASE)
    await put_vectors(shelf, stored, [axis(n) for n in range(4)])
    lexical = await search(shelf, ada, "late fee", axis(2), mode=Mode.LEXICAL)
    assert [(h.text, h.legs.lexical, h.legs.semantic) for h in lexical] == [(FEES, 1, None)]
    semantic = await search(shelf, ada, "late fee", axis(2), mode=Mode.SEMANTIC)
    assert (semantic[0].text, semantic[0].legs.lexical, semantic[0].legs.semantic) == (
        *(NOTICE, None, 1),
    )
    hybrid = await search(shelf, ada, "late fee", axis(2))
    first, second = hybrid[:2]
    assert {first.text, second.text} == {FEES, NOTICE}
    assert first.text == FEES  # in both lists
    assert second.legs.lexical is None
    assert second.legs.semantic == 1


async def test_without_a_vector_words_decide(shelf: Shelf, ada: UserId) -> None:
    stored = await store_version(shelf, ada, "Lease", *LEASE)
    await put_vectors(shelf, stored, [axis(n) for n in range(4)])
    assert [hit.text for hit in await search(shelf, ada, "late fee")] == [FEES]
    assert await search(shelf, ada, "late fee", mode=Mode.SEMANTIC) == []


async def test_scores_fall_and_ties_go_by_id(shelf: Shelf, ada: UserId) -> None:
    for n in range(5):
        stored = await store_version(shelf, ada, f"Copy {n}", "the very same rent")
        await put_vectors(shelf, stored, [axis(0)])
    for mode in Mode:
        hits = await search(shelf, ada, "rent", axis(0), mode=mode)
        assert [hit.chunk_id for hit in hits] == sorted(hit.chunk_id for hit in hits)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert await search(shelf, ada, "rent", axis(0), mode=mode) == hits


@pytest.mark.parametrize(
    "query",
    [
        *("the of and", "?", " ", "😀", "'; DROP TABLE postings; --", "fee & !pets | (rent:*)"),
        *('"late fee" -pets', "<-> <2> :A :*", "\\", "%", "%(fee)s :fee $1 {fee}", "late\\'fee"),
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
async def test_no_query_is_an_error(shelf: Shelf, ada: UserId, query: str) -> None:
    stored = await store_version(shelf, ada, "Lease", *LEASE)
    await put_vectors(shelf, stored, [axis(n) for n in range(4)])
    found = await search(shelf, ada, query)
    assert all(hit.document_id == stored.document.id for hit in found)
    assert len(await search(shelf, ada, query, axis(0))) == 3


async def test_of_very_many_words_the_rarest_count(shelf: Shelf, ada: UserId) -> None:
    common = [f"common{n}" for n in range(60)]
    texts = [*[" ".join(common)] * 3, "here is the needle"]
    stored = await store_version(shelf, ada, "Common", *texts)
    query = " ".join([*common, "needle"])
    hits = await search(shelf, ada, query, document_ids=[stored.document.id])
    assert "here is the needle" in [hit.text for hit in hits]


async def test_both_worlds_agree(memory_shelf: MemoryShelf, postgres_shelf: PostgresShelf) -> None:
    """Their stemmers differ, so the words here have one form."""
    shared = random.Random(7)  # noqa: S311
    words = [f"w{n}x" for n in range(40)]
    texts = [" ".join(shared.choices(words, k=shared.randint(3, 30))) for _ in range(60)]
    queries = [" ".join(shared.choices(words, k=4)) for _ in range(20)]
    vectors = [even(shared) for _ in texts]
    asked = [even(shared) for _ in queries]
    found = []
    for shelf in (memory_shelf, postgres_shelf):
        owner, ids = await shelf.owner(), random.Random(8)  # noqa: S311
        for n in range(0, 60, 6):
            stored = await store_version(shelf, owner, "Words", *texts[n : n + 6], ids=ids)
            await put_vectors(shelf, stored, vectors[n : n + 6])
        hits = [await search(shelf, owner, q, v) for q, v in zip(queries, asked, strict=True)]
        found.append([[(hit.chunk_id, hit.legs, hit.score) for hit in one] for one in hits])
    assert found[0] == found[1]


class TestLargeScopes:
    """Postgres only: above `exact` passages the HNSW index answers."""

    async def test_the_index_finds_what_comparing_all_finds(
        self, postgres_shelf: PostgresShelf
    ) -> None:
        shared = random.Random(1)  # noqa: S311
        ada, bob = await postgres_shelf.owner(), await postgres_shelf.owner()
        for owner in (ada, bob):
            for n in range(20):
                texts = [f"passage {n} {m}" for m in range(20)]
                stored = await store_version(postgres_shelf, owner, f"Document {n}", *texts)
                await put_vectors(postgres_shelf, stored, [unit(shared) for _ in texts])
        index = PostgresSearchIndex(Database(postgres_shelf.pool), Model())
        index.exact = 10
        same = 0
        for _ in range(10):
            vector, query = unit(shared), Query("passage", mode=Mode.SEMANTIC, limit=20)
            exact = await postgres_shelf.index.search(ada, query, vector)
            near = await index.search(ada, query, vector)
            assert len(near) == len(exact) == 20
            same += len({hit.chunk_id for hit in near} & {hit.chunk_id for hit in exact})
        assert same / 200 >= 0.97

    async def test_the_index_is_used_under_row_security(
        self, postgres_shelf: PostgresShelf
    ) -> None:
        """A predicate or a cast written differently would quietly compare everything."""
        ada, database = await postgres_shelf.owner(), Database(postgres_shelf.pool)
        nearest = search_module._nearest(SET, 384)
        values = {"user_id": ada, "documents": None, "vector": axis(0), "candidates": 100}
        async with database:
            await database.row(search_module._TUNE, owner=ada)
            for mode in ("force_custom_plan", "force_generic_plan"):
                await database.connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                plan = await database.connection.fetch(
                    f"EXPLAIN {nearest.sql}", *nearest.arguments(values)
                )
                assert "chunk_vectors_minilm_idx" in "\n".join(line for (line,) in plan)

    async def test_when_the_index_has_too_little_all_are_compared(
        self, postgres_shelf: PostgresShelf
    ) -> None:
        ada = await postgres_shelf.owner()
        stored = await store_version(postgres_shelf, ada, "Lease", *LEASE)
        await put_vectors(postgres_shelf, stored, [axis(n) for n in range(3)])
        index = PostgresSearchIndex(Database(postgres_shelf.pool), Model())
        index.exact = 2
        before = PostgresSearchIndex.fallbacks
        query = Query("x", mode=Mode.SEMANTIC, document_ids=[stored.document.id])
        hits = await index.search(ada, query, axis(1))  # four passages, three vectors
        assert len(hits) == 3
        assert hits[0].text == PETS
        assert PostgresSearchIndex.fallbacks == before + 1

    async def test_search_takes_part_in_an_open_transaction(
        self, postgres_shelf: PostgresShelf
    ) -> None:
        ada = await postgres_shelf.owner()
        stored = await store_version(postgres_shelf, ada, "Lease", *LEASE)
        database = Database(postgres_shelf.pool)
        index = PostgresSearchIndex(database, Model())
        async with database:
            await index.put_terms(ada, stored.version.id)
            await put_vectors(postgres_shelf, stored, [axis(n) for n in range(4)])
            assert await index.search(ada, Query("late fee"), axis(0))


async def search(
    shelf: Shelf,
    owner: UserId,
    query: str,
    vector: Vector | None = None,
    *,
    mode: Mode = Mode.HYBRID,
    limit: int = 10,
    document_ids: Sequence[DocumentId] | None = None,
) -> list[Hit]:
    ids = None if document_ids is None else list(document_ids)
    asked = Query(query, mode=mode, limit=limit, document_ids=ids)  # type: ignore[arg-type]
    return await shelf.index.search(owner, asked, vector)


async def store_version(
    shelf: Shelf,
    owner: UserId,
    title: str,
    *texts: str,
    heading: str | None = None,
    publish: bool = True,
    ids: random.Random | None = None,
) -> Stored:
    """A document of one chunk for each text, its words indexed."""
    ids = ids or random.Random()  # noqa: S311
    stored = _stored(owner, title, texts, heading, publish, ids)
    await shelf.keep(stored)
    await shelf.index.put_terms(owner, stored.version.id)
    return stored


async def put_vectors(shelf: Shelf, stored: Stored, vectors: Sequence[Vector]) -> None:
    pairs = [(chunk.id, vector) for chunk, vector in zip(stored.chunks, vectors, strict=False)]
    await shelf.index.put_vectors(stored.document.user_id, SET, pairs)


def axis(n: int) -> Vector:
    return lean(n, 1.0)


def lean(n: int, cosine: float) -> Vector:
    """A vector of length 1, at this cosine to the n-th axis."""
    vector = [0.0] * 384
    vector[n], vector[100 + n] = cosine, (1 - cosine**2) ** 0.5
    return vector


def unit(source: random.Random) -> Vector:
    vector = [source.gauss(0, 1) for _ in range(384)]
    length = sum(x * x for x in vector) ** 0.5
    return [x / length for x in vector]


def even(source: random.Random) -> Vector:
    """A vector of length 1 without rounding, so that a tie is one in both worlds."""
    vector = [0.0] * 384
    for n in source.sample(range(384), 16):
        vector[n] = source.choice([-0.25, 0.25])
    return vector


def _stored(
    owner: UserId,
    title: str,
    texts: Sequence[str],
    heading: str | None,
    publish: bool,
    ids: random.Random,
) -> Stored:
    def fresh() -> UUID:
        return UUID(int=ids.getrandbits(128))

    text = canonical([RawPage(one) for one in texts])
    document_id, version_id = DocumentId(fresh()), VersionId(fresh())
    document = Document(
        id=document_id,
        user_id=owner,
        title=title,
        sha256=fresh().hex,
        current_version_id=version_id if publish else None,
        created_at=NOW,
        updated_at=NOW,
    )
    version = Version(
        id=version_id,
        user_id=owner,
        document_id=document_id,
        file_id=FileId(fresh()),
        number=1,
        status=Status.COMPLETED,
        step=None,
        created_at=NOW,
        updated_at=NOW,
    )
    chunks = [
        Chunk(
            id=ChunkId(fresh()),
            user_id=owner,
            document_id=document_id,
            version_id=version_id,
            ordinal=ordinal,
            page=page.number,
            span=Span(page.start, page.end),
            heading=heading,
            content=text.content[page.start : page.end],
            sentences=tuple(
                Sentence(span, page.number)
                for span in sentences(text.content, Span(page.start, page.end))
            ),
        )
        for ordinal, page in enumerate(text.pages)
    ]
    return Stored(document, version, text, chunks)
