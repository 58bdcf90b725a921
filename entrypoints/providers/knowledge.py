"""Documents, their text, and search."""

from collections.abc import Iterator
from datetime import timedelta

from dishka import Provider, Scope, provide, provide_all

from adapters.extraction.extractor import ChildExtractor
from adapters.extraction.splitter import SemanticSplitter
from adapters.models.minilm import MiniLmEmbedder
from adapters.postgres.database import Database
from adapters.postgres.knowledge.document_reader import PostgresDocumentReader
from adapters.postgres.knowledge.documents import PostgresDocuments, PostgresTexts
from adapters.postgres.knowledge.recall import PostgresRecallProbe
from adapters.postgres.knowledge.search import PostgresSearchIndex
from adapters.postgres.knowledge.versions import PostgresVersions
from adapters.postgres.pool import Pool
from adapters.postgres.records import PostgresKnowledgeRecords
from application.knowledge.batch import ChangeDocuments
from application.knowledge.documents import (
    DeleteDocument,
    DownloadDocument,
    ListDocuments,
    PurgeDocument,
    Removal,
    UploadDocument,
)
from application.knowledge.ingestion import (
    ChunkText,
    EmbedChunks,
    ExtractText,
    FailIngestion,
    IndexTerms,
    Progress,
    PublishVersion,
)
from application.knowledge.metadata import DescribeDocument
from application.knowledge.ports import (
    DocumentReader,
    Documents,
    Embedder,
    Extractor,
    KnowledgeRecords,
    SearchIndex,
    Splitter,
    Texts,
    Versions,
)
from application.knowledge.progress import WatchDocument
from application.knowledge.recall import ProbeRecall, RecallProbe
from application.knowledge.search import SearchDocuments
from application.knowledge.versions import AddVersion, PurgeVersions, Reading, RetryDocument
from entrypoints.settings import Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    documents = provide_all(
        UploadDocument,
        ListDocuments,
        DescribeDocument,
        DownloadDocument,
        Removal,
        DeleteDocument,
        PurgeDocument,
    )
    versions = provide_all(Reading, AddVersion, RetryDocument, PurgeVersions)
    work = provide_all(ChangeDocuments, WatchDocument)
    ingestion = provide_all(
        Progress, ExtractText, ChunkText, IndexTerms, EmbedChunks, PublishVersion, FailIngestion
    )
    search = provide_all(SearchDocuments, ProbeRecall)


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    def document_reader(self, pool: Pool) -> DocumentReader:
        return PostgresDocumentReader(Database(pool))

    @provide(scope=Scope.APP)
    def extractor(self, settings: Settings) -> Extractor:
        timeout = timedelta(seconds=settings.extraction_timeout_seconds)
        return ChildExtractor(timeout, settings.extraction_memory_mb * 1024 * 1024)

    @provide(scope=Scope.APP)
    def embedder(self) -> Iterator[Embedder]:
        embedder = MiniLmEmbedder()
        yield embedder
        embedder.close()

    splitter = provide(SemanticSplitter, provides=Splitter, scope=Scope.APP)
    documents = provide(PostgresDocuments, provides=Documents)
    versions = provide(PostgresVersions, provides=Versions)
    texts = provide(PostgresTexts, provides=Texts)
    recall = provide(PostgresRecallProbe, provides=RecallProbe)
    index = provide(PostgresSearchIndex, provides=SearchIndex)
    records = provide(PostgresKnowledgeRecords, provides=KnowledgeRecords)
