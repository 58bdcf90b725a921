"""Documents, their text, and search."""

from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from dishka import Provider, Scope, provide, provide_all

from adapters.extraction import landlock
from adapters.extraction.extractor import ChildExtractor
from adapters.extraction.splitter import SemanticSplitter
from adapters.postgres.database import Database
from adapters.postgres.knowledge.document_reader import PostgresDocumentReader
from adapters.postgres.knowledge.documents import PostgresDocuments, PostgresTexts
from adapters.postgres.knowledge.embedding import (
    PostgresEmbeddingSets,
    PostgresVectors,
    PostgresVectorUpkeep,
)
from adapters.postgres.knowledge.recall import PostgresRecallProbe
from adapters.postgres.knowledge.search import PostgresSearchIndex
from adapters.postgres.knowledge.versions import PostgresVersions
from adapters.postgres.maintenance import (
    PostgresIndexedOwners,
    PostgresOrphanProbe,
    maintenance,
)
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
from application.knowledge.embedding import Embed, Meaning, Passages
from application.knowledge.embedding_ports import EmbeddingSets, Vectors, VectorUpkeep
from application.knowledge.embedding_progress import CountVectors, ListEmbeddingSets
from application.knowledge.embedding_sets import (
    BuildEmbeddings,
    DropEmbeddings,
    EmptySet,
    FillSet,
    MendEmbeddings,
    RebuildEmbeddings,
    SwitchSet,
    WantModel,
)
from application.knowledge.ingestion import (
    ChunkText,
    EmbedChunks,
    ExtractText,
    FailIngestion,
    IndexTerms,
    PublishVersion,
)
from application.knowledge.intake import Intake
from application.knowledge.metadata import DescribeDocument
from application.knowledge.orphans import CountOrphans, OrphanProbe
from application.knowledge.ports import (
    DocumentReader,
    Documents,
    Extractor,
    KnowledgeRecords,
    Models,
    SearchIndex,
    Splitter,
    Texts,
    Versions,
)
from application.knowledge.progress import WatchDocument
from application.knowledge.recall import IndexedOwners, ProbeRecall, RecallProbe
from application.knowledge.renaming import EmbedTitle, IndexTitle
from application.knowledge.search import SearchDocuments
from application.knowledge.steps import Progress
from application.knowledge.versions import AddVersion, PurgeVersions, Reading, RetryDocument
from entrypoints.embeddings import models
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
    versions = provide_all(Reading, Intake, AddVersion, RetryDocument, PurgeVersions)
    work = provide_all(ChangeDocuments, WatchDocument)
    ingestion = provide_all(
        Progress, ExtractText, ChunkText, IndexTerms, EmbedChunks, PublishVersion, FailIngestion
    )
    renaming = provide_all(IndexTitle, EmbedTitle)
    search = provide_all(SearchDocuments, Meaning, ProbeRecall)
    embedding = provide_all(Embed, Passages, FillSet, SwitchSet, EmptySet, ListEmbeddingSets)
    embedding_sets = provide_all(
        WantModel, BuildEmbeddings, MendEmbeddings, RebuildEmbeddings, DropEmbeddings
    )
    counted = provide_all(CountOrphans, CountVectors, scope=Scope.APP)


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    def document_reader(self, pool: Pool) -> DocumentReader:
        return PostgresDocumentReader(Database(pool))

    @provide(scope=Scope.APP)
    def extractor(self, settings: Settings) -> Extractor:
        if not landlock.version():
            reason = "no Landlock in this kernel: who reads documents may read our user's files"
            structlog.get_logger("worker").warning("extraction_unconfined", reason=reason)
        timeout = timedelta(seconds=settings.extraction_timeout_seconds)
        return ChildExtractor(timeout, settings.extraction_memory_mb * 1024 * 1024)

    @provide(scope=Scope.APP)
    async def models(self, settings: Settings) -> AsyncIterator[Models]:
        async with models(settings) as found:
            yield found

    @provide(scope=Scope.APP)
    async def upkeep(self, settings: Settings) -> AsyncIterator[VectorUpkeep]:
        """Connections that see all owners, opened when somebody needs them."""
        url = settings.database_url or ""
        async with maintenance(url) as database:
            yield PostgresVectorUpkeep(database, url)

    @provide(scope=Scope.APP)
    async def indexed_owners(self, settings: Settings) -> AsyncIterator[IndexedOwners]:
        async with maintenance(settings.database_url or "") as database:
            yield PostgresIndexedOwners(database)

    @provide(scope=Scope.APP)
    async def orphan_probe(self, settings: Settings) -> AsyncIterator[OrphanProbe]:
        async with maintenance(settings.database_url or "") as database:
            yield PostgresOrphanProbe(database)

    splitter = provide(SemanticSplitter, provides=Splitter, scope=Scope.APP)
    documents = provide(PostgresDocuments, provides=Documents)
    versions = provide(PostgresVersions, provides=Versions)
    texts = provide(PostgresTexts, provides=Texts)
    recall = provide(PostgresRecallProbe, provides=RecallProbe)
    index = provide(PostgresSearchIndex, provides=SearchIndex)
    sets = provide(PostgresEmbeddingSets, provides=EmbeddingSets)
    vectors = provide(PostgresVectors, provides=Vectors)
    records = provide(PostgresKnowledgeRecords, provides=KnowledgeRecords)
