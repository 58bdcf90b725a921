"""Which adapter stands behind which port."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

from dishka import (
    AnyOf,
    AsyncContainer,
    Provider,
    Scope,
    make_async_container,
    provide,
    provide_all,
)

from adapters.extraction.extractor import ChildExtractor
from adapters.extraction.splitter import SemanticSplitter
from adapters.memory.store import MemoryTransaction, Store
from adapters.memory.world import PORTS, SYSTEM
from adapters.models.minilm import MiniLmEmbedder
from adapters.objects.obstore import ObjectStore
from adapters.objects.sniffer import PuremagicSniffer
from adapters.postgres.conversations import PostgresConversations, PostgresMessages
from adapters.postgres.database import Database
from adapters.postgres.document_reader import PostgresDocumentReader
from adapters.postgres.files import PostgresFiles
from adapters.postgres.identity.audit import PostgresAuditLog
from adapters.postgres.identity.callers import PostgresCallers
from adapters.postgres.identity.oauth import PostgresOAuthConnections
from adapters.postgres.identity.one_time_tokens import PostgresOneTimeTokens
from adapters.postgres.identity.rate_limits import PostgresRateLimits
from adapters.postgres.identity.sessions import PostgresSessions
from adapters.postgres.identity.signing_keys import PostgresSigningKeys
from adapters.postgres.identity.users import PostgresUsers
from adapters.postgres.knowledge import PostgresDocuments, PostgresTexts, PostgresVersions
from adapters.postgres.operations import PostgresProbes
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.search import PostgresSearchIndex
from adapters.security.crypto import AesGcmCrypto
from adapters.security.passwords import Argon2Passwords
from adapters.security.tokens import open_tokens
from application.conversations.answers import AnswerQuestion, FailAnswer
from application.conversations.messages import AskQuestion, ShowMessage
from application.conversations.ports import Conversations, Messages
from application.files.ports import Files, Objects, Sniffer
from application.files.storage import RemoveBytes
from application.identity.connections import Disconnect, ListConnections
from application.identity.linking import FindAccount
from application.identity.oauth import FinishSignIn, StartSignIn
from application.identity.opening import OpenSession
from application.identity.ports import (
    AuditLog,
    Callers,
    OAuthConnections,
    OneTimeTokens,
    Passwords,
    RateLimits,
    Sessions,
    SigningKeys,
    Tokens,
    Users,
)
from application.identity.sessions import LogIn, LogOut, RefreshSession
from application.identity.users import RegisterUser
from application.knowledge.documents import (
    DeleteDocument,
    DownloadDocument,
    PurgeDocument,
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
from application.knowledge.ports import (
    DocumentReader,
    Documents,
    Embedder,
    Extractor,
    SearchIndex,
    Splitter,
    Texts,
    Versions,
)
from application.knowledge.search import SearchDocuments
from application.operations.ports import Probes
from application.shared.ports import Clock, Crypto, Ids, Outbox, Transaction
from entrypoints.oauth import OAuth
from entrypoints.settings import Settings


def production(settings: Settings, *more: Provider) -> AsyncContainer:
    """Everything real: what the API, the workers and the command line run on."""
    real = (System(settings), Postgres(settings), Machine(), OAuth())
    return make_async_container(*real, UseCases(), *more)


def in_memory(settings: Settings, *more: Provider) -> AsyncContainer:
    """The same without a database, for tests and for the OpenAPI document."""
    return make_async_container(System(settings), Memory(), UseCases(), *more)


class UseCases(Provider):
    scope = Scope.REQUEST

    identity = provide_all(RegisterUser, OpenSession, LogIn, RefreshSession, LogOut)
    oauth = provide_all(StartSignIn, FinishSignIn, FindAccount, ListConnections, Disconnect)
    files = provide_all(RemoveBytes)
    documents = provide_all(UploadDocument, DownloadDocument, DeleteDocument, PurgeDocument)
    ingestion = provide_all(
        Progress, ExtractText, ChunkText, IndexTerms, EmbedChunks, PublishVersion, FailIngestion
    )
    search = provide_all(SearchDocuments)
    conversations = provide_all(AskQuestion, ShowMessage, AnswerQuestion, FailAnswer)


class System(Provider):
    """What every world shares: configuration, time, ids, randomness."""

    scope = Scope.APP

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        for port, adapter in SYSTEM.items():
            self.provide(adapter, provides=port)

    @provide
    def settings(self) -> Settings:
        return self._settings


class Postgres(Provider):
    scope = Scope.REQUEST

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    @provide(scope=Scope.APP)
    async def pool(self) -> AsyncIterator[Pool]:
        if self._settings.database_url is None:
            raise RuntimeError("DATABASE_URL is not set")
        pool = await open_pool(self._settings.database_url, self._settings.db_pool_size)
        yield pool
        await pool.close()

    @provide(scope=Scope.APP)
    def passwords(self) -> Passwords:
        return Argon2Passwords(self._settings.hash_threads, self._settings.hash_patience)

    @provide(scope=Scope.APP)
    def crypto(self) -> Crypto:
        return AesGcmCrypto(self._settings.encryption_keys())

    @provide(scope=Scope.APP)
    async def tokens(self, pool: Pool, crypto: Crypto, clock: Clock, ids: Ids) -> Tokens:
        return await open_tokens(
            PostgresSigningKeys(Database(pool)),
            crypto,
            clock,
            ids,
            issuer=self._settings.public_url,
            lifetime=timedelta(minutes=self._settings.access_token_expire_minutes),
        )

    @provide(scope=Scope.APP)
    def callers(self, pool: Pool, tokens: Tokens, clock: Clock) -> Callers:
        """Asked by every request, and never part of a transaction."""
        return PostgresCallers(Database(pool), tokens, clock)

    @provide(scope=Scope.APP)
    def document_reader(self, pool: Pool) -> DocumentReader:
        return PostgresDocumentReader(Database(pool))

    database = provide(Database, provides=AnyOf[Database, Transaction])
    outbox = provide(PostgresOutbox, provides=Outbox)
    probes = provide(PostgresProbes, provides=Probes)

    users = provide(PostgresUsers, provides=Users)
    sessions = provide(PostgresSessions, provides=Sessions)
    signing_keys = provide(PostgresSigningKeys, provides=SigningKeys)
    one_time_tokens = provide(PostgresOneTimeTokens, provides=OneTimeTokens)
    oauth_connections = provide(PostgresOAuthConnections, provides=OAuthConnections)
    audit_log = provide(PostgresAuditLog, provides=AuditLog)

    @provide(scope=Scope.APP)
    def rate_limits(self, pool: Pool) -> RateLimits:
        """Counts for good, whatever becomes of the request's transaction."""
        return PostgresRateLimits(Database(pool))

    files = provide(PostgresFiles, provides=Files)
    documents = provide(PostgresDocuments, provides=Documents)
    versions = provide(PostgresVersions, provides=Versions)
    texts = provide(PostgresTexts, provides=Texts)
    index = provide(PostgresSearchIndex, provides=SearchIndex)

    conversations = provide(PostgresConversations, provides=Conversations)
    messages = provide(PostgresMessages, provides=Messages)


class Machine(Provider):
    """What Postgres is not: files, models, documents' text."""

    scope = Scope.APP

    @provide
    def objects(self, settings: Settings) -> Objects:
        return ObjectStore(settings.data_dir.resolve() / "objects")

    @provide
    def extractor(self, settings: Settings) -> Extractor:
        timeout = timedelta(seconds=settings.extraction_timeout_seconds)
        return ChildExtractor(timeout, settings.extraction_memory_mb * 1024 * 1024)

    sniffer = provide(PuremagicSniffer, provides=Sniffer)
    splitter = provide(SemanticSplitter, provides=Splitter)

    @provide
    def embedder(self) -> Iterator[Embedder]:
        embedder = MiniLmEmbedder()
        yield embedder
        embedder.close()


class Memory(Provider):
    """The adapters of adapters/memory/world.py, as a container holds them."""

    def __init__(self) -> None:
        super().__init__(scope=Scope.APP)
        self.provide(Store)
        for port, adapter in PORTS.items():
            self.provide(adapter, provides=port)
        shared = AnyOf[Transaction, Outbox]
        self.provide(MemoryTransaction, provides=shared, scope=Scope.REQUEST)
