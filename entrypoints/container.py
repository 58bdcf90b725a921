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
from adapters.mail.folder import FolderMailer
from adapters.mail.smtp import SmtpMailer, SmtpServer
from adapters.memory.store import MemoryTransaction, Store
from adapters.memory.world import PORTS, SYSTEM
from adapters.models.minilm import MiniLmEmbedder
from adapters.objects.obstore import ObjectStore
from adapters.objects.sniffer import PuremagicSniffer
from adapters.postgres.conversations import PostgresConversations, PostgresMessages
from adapters.postgres.database import Database
from adapters.postgres.document_reader import PostgresDocumentReader
from adapters.postgres.files import PostgresFiles
from adapters.postgres.identity.api_keys import PostgresApiKeys
from adapters.postgres.identity.audit import PostgresAuditLog
from adapters.postgres.identity.audit_reader import PostgresAuditReader
from adapters.postgres.identity.callers import PostgresCallers
from adapters.postgres.identity.consents import PostgresConsents
from adapters.postgres.identity.credentials import PostgresCredentials
from adapters.postgres.identity.expired import PostgresExpired
from adapters.postgres.identity.login_failures import PostgresLoginFailures
from adapters.postgres.identity.oauth import PostgresOAuthConnections
from adapters.postgres.identity.one_time_tokens import PostgresOneTimeTokens
from adapters.postgres.identity.rate_limits import PostgresRateLimits
from adapters.postgres.identity.sessions import PostgresSessionReader, PostgresSessions
from adapters.postgres.identity.signing_keys import PostgresSigningKeys
from adapters.postgres.identity.user_reader import PostgresUserReader
from adapters.postgres.identity.users import PostgresUsers
from adapters.postgres.knowledge import PostgresDocuments, PostgresTexts, PostgresVersions
from adapters.postgres.mail import PostgresOutgoingMails
from adapters.postgres.operations import PostgresProbes
from adapters.postgres.outbox import PostgresOutbox
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.records import (
    PostgresAccountRecords,
    PostgresConversationRecords,
    PostgresFileRecords,
    PostgresKnowledgeRecords,
    PostgresMailRecords,
)
from adapters.postgres.replays import PostgresReplays
from adapters.postgres.search import PostgresSearchIndex
from adapters.security.crypto import AesGcmCrypto
from adapters.security.keys import EcKeyPairs, KeySource, SharedSecret, StoredKeys
from adapters.security.passwords import Argon2Passwords, Cost
from adapters.security.tokens import following
from application.conversations.answers import AnswerQuestion, FailAnswer
from application.conversations.messages import AskQuestion, ShowMessage
from application.conversations.ports import ConversationRecords, Conversations, Messages
from application.files.ports import FileRecords, Files, Objects, Sniffer
from application.files.storage import RemoveBytes
from application.identity.administration import (
    ChangeUser,
    CreateUser,
    DeleteUser,
    ListUsers,
    RestoreUser,
    ShowUser,
)
from application.identity.api_keys import CreateApiKey, ListApiKeys, RevokeApiKey
from application.identity.audit import ListAudit, VerifyAudit
from application.identity.connections import Disconnect, ListConnections
from application.identity.consents import DecideConsent, ListConsents, ShowConsentHistory
from application.identity.deletion import DeleteAccount, PurgeAccounts
from application.identity.devices import EndSession, ListSessions, LogOutEverywhere
from application.identity.emails import (
    AskToVerifyEmail,
    ChangeEmail,
    ConfirmEmailChange,
    ResendVerification,
    TellOfRegistration,
    VerifyEmail,
)
from application.identity.export import ExportAccount
from application.identity.gate import AdminGate
from application.identity.linking import FindAccount
from application.identity.links import EmailPolicy, Links
from application.identity.oauth import FinishSignIn, StartSignIn
from application.identity.opening import OpenSession
from application.identity.passwords import (
    ChangePassword,
    RequestPasswordReset,
    ResetPassword,
    SendPasswordReset,
)
from application.identity.policy import Policy
from application.identity.ports import (
    AccountRecords,
    ApiKeys,
    AuditLog,
    AuditReader,
    Callers,
    Consents,
    Credentials,
    Expired,
    KeyPairs,
    LoginFailures,
    OAuthConnections,
    OneTimeTokens,
    Passwords,
    RateLimits,
    SessionReader,
    Sessions,
    SigningKeys,
    Tokens,
    UserReader,
    Users,
)
from application.identity.profile import UpdateProfile
from application.identity.reauthentication import Reauthentication
from application.identity.registration import SignUp
from application.identity.sessions import IdentifySession, LogIn, LogOut, RefreshSession
from application.identity.signing_keys import RotateKeys
from application.identity.throttling import AddressLimits, LoginThrottle
from application.identity.trail import Trail
from application.identity.upkeep import ForgetExpired
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
    KnowledgeRecords,
    SearchIndex,
    Splitter,
    Texts,
    Versions,
)
from application.knowledge.search import SearchDocuments
from application.mail.exports import Post
from application.mail.ports import Mailer, MailRecords, OutgoingMails
from application.mail.sending import ForgetLetter, SendLetter
from application.operations.ports import Probes, Replays
from application.operations.purge import PurgeReplays
from application.shared.ports import Clock, Crypto, Ids, Outbox, Transaction
from entrypoints.oauth import OAuth
from entrypoints.settings import JwtAlgorithm, RegistrationMode, Settings


def production(settings: Settings, *more: Provider) -> AsyncContainer:
    """Everything real: what the API, the workers and the command line run on."""
    real = (System(settings), Postgres(settings), Machine(), OAuth())
    return make_async_container(*real, UseCases(), *more)


def in_memory(settings: Settings, *more: Provider) -> AsyncContainer:
    """The same without a database, for tests and for the OpenAPI document."""
    return make_async_container(System(settings), Memory(), UseCases(), *more)


class UseCases(Provider):
    scope = Scope.REQUEST

    identity = provide_all(
        RegisterUser, SignUp, OpenSession, LogIn, RefreshSession, IdentifySession, LogOut
    )
    api_keys = provide_all(CreateApiKey, ListApiKeys, RevokeApiKey)
    consents = provide_all(ListConsents, DecideConsent, ShowConsentHistory)
    sessions = provide_all(ListSessions, EndSession, LogOutEverywhere)
    throttling = provide_all(AddressLimits, LoginThrottle)
    passwords = provide_all(RequestPasswordReset, SendPasswordReset, ResetPassword, ChangePassword)
    emails = provide_all(
        AskToVerifyEmail,
        TellOfRegistration,
        ResendVerification,
        VerifyEmail,
        ChangeEmail,
        ConfirmEmailChange,
    )
    proofs = provide_all(Links, Reauthentication, Trail)
    mail = provide_all(Post, SendLetter, ForgetLetter)
    profile = provide_all(UpdateProfile, ExportAccount, DeleteAccount, PurgeAccounts)
    administration = provide_all(
        AdminGate, ListUsers, ShowUser, CreateUser, ChangeUser, DeleteUser, RestoreUser
    )
    audit = provide_all(ListAudit, VerifyAudit)
    signing_keys = provide_all(RotateKeys)
    upkeep = provide_all(ForgetExpired)
    oauth = provide_all(StartSignIn, FinishSignIn, FindAccount, ListConnections, Disconnect)
    files = provide_all(RemoveBytes)
    documents = provide_all(UploadDocument, DownloadDocument, DeleteDocument, PurgeDocument)
    ingestion = provide_all(
        Progress, ExtractText, ChunkText, IndexTerms, EmbedChunks, PublishVersion, FailIngestion
    )
    search = provide_all(SearchDocuments)
    operations = provide_all(PurgeReplays)
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

    @provide
    def policy(self) -> Policy:
        return Policy(
            registration_open=self._settings.registration is RegistrationMode.OPEN,
            anti_enumeration=self._settings.anti_enumeration,
            wrong_passwords_per_minute=self._settings.login_failures_per_address_per_minute,
            registrations_per_minute=self._settings.registrations_per_address_per_minute,
        )

    @provide
    def email_policy(self) -> EmailPolicy:
        settings = self._settings
        return EmailPolicy(settings.public_url, settings.require_verified_email)


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
    def passwords(self, settings: Settings) -> Iterator[Passwords]:
        cost = Cost(
            settings.argon2_memory_kib, settings.argon2_time_cost, settings.argon2_parallelism
        )
        passwords = Argon2Passwords(settings.hashing_threads, settings.hash_patience, cost)
        yield passwords
        passwords.close()

    @provide(scope=Scope.APP)
    def crypto(self) -> Crypto:
        return AesGcmCrypto(self._settings.encryption_keys())

    key_pairs = provide(EcKeyPairs, provides=KeyPairs, scope=Scope.APP)

    @provide(scope=Scope.APP)
    def key_source(
        self, pool: Pool, pairs: KeyPairs, crypto: Crypto, clock: Clock, settings: Settings
    ) -> KeySource:
        if settings.jwt_algorithm is JwtAlgorithm.HS256:
            return SharedSecret(settings.shared_secret())
        stored = PostgresSigningKeys(Database(pool))
        return StoredKeys(stored, pairs, crypto, clock, settings.access_token_lifetime)

    @provide(scope=Scope.APP)
    async def tokens(
        self, source: KeySource, clock: Clock, ids: Ids, settings: Settings
    ) -> AsyncIterator[Tokens]:
        issuer, lifetime = settings.public_url, settings.access_token_lifetime
        async with following(source, clock, ids, issuer=issuer, lifetime=lifetime) as tokens:
            yield tokens

    @provide(scope=Scope.APP)
    def callers(self, pool: Pool, tokens: Tokens, clock: Clock) -> Callers:
        """Asked by every request, and never part of a transaction."""
        return PostgresCallers(Database(pool), tokens, clock)

    @provide(scope=Scope.APP)
    def document_reader(self, pool: Pool) -> DocumentReader:
        return PostgresDocumentReader(Database(pool))

    @provide(scope=Scope.APP)
    def session_reader(self, pool: Pool) -> SessionReader:
        return PostgresSessionReader(Database(pool))

    database = provide(Database, provides=AnyOf[Database, Transaction])
    outbox = provide(PostgresOutbox, provides=Outbox)
    probes = provide(PostgresProbes, provides=Probes)

    users = provide(PostgresUsers, provides=Users)
    sessions = provide(PostgresSessions, provides=Sessions)
    login_failures = provide(PostgresLoginFailures, provides=LoginFailures)
    signing_keys = provide(PostgresSigningKeys, provides=SigningKeys)
    one_time_tokens = provide(PostgresOneTimeTokens, provides=OneTimeTokens)
    api_keys = provide(PostgresApiKeys, provides=ApiKeys)
    consents = provide(PostgresConsents, provides=Consents)
    oauth_connections = provide(PostgresOAuthConnections, provides=OAuthConnections)
    audit_log = provide(PostgresAuditLog, provides=AuditLog)
    credentials = provide(PostgresCredentials, provides=Credentials)
    expired = provide(PostgresExpired, provides=Expired)

    @provide(scope=Scope.APP)
    def user_reader(self, pool: Pool, clock: Clock) -> UserReader:
        return PostgresUserReader(Database(pool), clock)

    @provide(scope=Scope.APP)
    def audit_reader(self, pool: Pool) -> AuditReader:
        return PostgresAuditReader(Database(pool))

    @provide(scope=Scope.APP)
    def rate_limits(self, pool: Pool) -> RateLimits:
        """Counts for good, whatever becomes of the request's transaction."""
        return PostgresRateLimits(Database(pool))

    @provide(scope=Scope.APP)
    def replays(self, pool: Pool, crypto: Crypto) -> Replays:
        """Begun for good, whatever becomes of the request's transaction."""
        return PostgresReplays(Database(pool), crypto)

    outgoing_mails = provide(PostgresOutgoingMails, provides=OutgoingMails)
    account_records = provide(PostgresAccountRecords, provides=AccountRecords)
    file_records = provide(PostgresFileRecords, provides=FileRecords)
    knowledge_records = provide(PostgresKnowledgeRecords, provides=KnowledgeRecords)
    mail_records = provide(PostgresMailRecords, provides=MailRecords)
    conversation_records = provide(PostgresConversationRecords, provides=ConversationRecords)

    files = provide(PostgresFiles, provides=Files)
    documents = provide(PostgresDocuments, provides=Documents)
    versions = provide(PostgresVersions, provides=Versions)
    texts = provide(PostgresTexts, provides=Texts)
    index = provide(PostgresSearchIndex, provides=SearchIndex)

    conversations = provide(PostgresConversations, provides=Conversations)
    messages = provide(PostgresMessages, provides=Messages)


class Machine(Provider):
    """What Postgres is not: files, mail, models, documents' text."""

    scope = Scope.APP

    @provide
    def objects(self, settings: Settings) -> Objects:
        return ObjectStore(settings.data_dir.resolve() / "objects")

    @provide
    def mailer(self, settings: Settings) -> Mailer:
        if settings.smtp_host is None:
            return FolderMailer(settings.data_dir.resolve() / "mail", settings.mail_sender)
        server = SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_username,
            settings.smtp_password,
            settings.smtp_tls,
        )
        return SmtpMailer(server, settings.mail_sender)

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
