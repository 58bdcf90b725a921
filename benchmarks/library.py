"""Owners and published documents, as ingestion would have made them, without the waiting."""

from collections.abc import Sequence
from uuid import NAMESPACE_OID, uuid5

from adapters.postgres.database import Database
from adapters.postgres.files import PostgresFiles
from adapters.postgres.identity.users import PostgresUsers
from adapters.postgres.knowledge.documents import PostgresDocuments, PostgresTexts
from adapters.postgres.knowledge.search import PostgresSearchIndex
from adapters.postgres.knowledge.versions import PostgresVersions
from adapters.system import SystemClock, Uuid7
from domain.files.file import Purpose, StorageKey, StoredFile
from domain.identity.user import User, email
from domain.knowledge.chunk import Chunk, Sentence, sentences
from domain.knowledge.document import Document, Status, Version
from domain.knowledge.text import CanonicalText, Page
from domain.shared.ids import ChunkId, DocumentId, FileId, UserId, VersionId
from domain.shared.span import Span

_BETWEEN = "\n\n"  # passages

_clock, _ids = SystemClock(), Uuid7()


async def add_owner(database: Database, name: str) -> UserId:
    """An account that nobody can log in to."""
    now = _clock.now()
    address = email(f"{name}@bench.example")
    user = User(
        id=UserId(_ids.next()),
        email=address,
        password=None,
        anonymous_id=_ids.next().hex,
        created_at=now,
        updated_at=now,
    )
    await PostgresUsers(database).add(user)
    return user.id


async def add_document(
    database: Database, owner: UserId, title: str, passages: Sequence[str]
) -> list[Chunk]:
    """A published document whose words are indexed: its chunks, of which each is a passage."""
    now, sha256 = _clock.now(), _ids.next().hex * 2
    file = StoredFile(
        id=FileId(_ids.next()),
        user_id=owner,
        purpose=Purpose.DOCUMENT,
        original_name=f"{title[:200]}.pdf",
        storage_key=StorageKey(f"bench/{sha256}"),
        media_type="application/pdf",
        size=123_456,
        sha256=sha256,
        created_at=now,
    )
    document = Document(
        id=DocumentId(_ids.next()),
        user_id=owner,
        title=title[:500],
        sha256=sha256,
        file_type="pdf",
        created_at=now,
        updated_at=now,
    )
    version = Version(
        id=VersionId(_ids.next()),
        user_id=owner,
        document_id=document.id,
        file_id=file.id,
        number=1,
        status=Status.COMPLETED,
        step=None,
        created_at=now,
        updated_at=now,
    )
    content = _BETWEEN.join(passages)
    text = CanonicalText(content, (Page(1, 0, len(content)),), ())
    chunks = _chunks(version, text, passages)
    async with database:
        await PostgresFiles(database).add(file)
        await PostgresDocuments(database).add(document)
        await PostgresVersions(database).add(version)
        await PostgresTexts(database).put(owner, version.id, text)
        await PostgresTexts(database).put_chunks(owner, version.id, chunks)
        await PostgresSearchIndex(database).put_terms(owner, version.id)
        document.current_version_id = version.id
        await PostgresDocuments(database).save(document)
    return chunks


def _chunks(version: Version, text: CanonicalText, passages: Sequence[str]) -> list[Chunk]:
    made: list[Chunk] = []
    start = 0
    for ordinal, passage in enumerate(passages):
        span = Span(start, start + len(passage))
        start = span.end + len(_BETWEEN)
        made.append(
            Chunk(
                id=_chunk_id(passage, ordinal),
                user_id=version.user_id,
                document_id=version.document_id,
                version_id=version.id,
                ordinal=ordinal,
                page=1,
                span=span,
                heading=None,
                content=passage,
                sentences=tuple(Sentence(one, 1) for one in sentences(text.content, span)),
            )
        )
    return made


def _chunk_id(passage: str, ordinal: int) -> ChunkId:
    """In no order, as ingestion's are, but the same in every run: ties go by id."""
    return ChunkId(uuid5(NAMESPACE_OID, f"{ordinal} {passage}"))
