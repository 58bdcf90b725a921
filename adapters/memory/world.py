"""Every port, answered from memory: enough to run any use case with no database and no container.

world = World()
ada = await world.get(RegisterUser)(Registration("ada@example.org", "correct horse battery"))
await world.drain()
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

from adapters.memory.conversations import MemoryConversations, MemoryMessages
from adapters.memory.embedder import NoEmbedder
from adapters.memory.extractor import PlainExtractor
from adapters.memory.files import MemoryFiles, MemoryObjects
from adapters.memory.identity.api_keys import MemoryApiKeys
from adapters.memory.identity.audit import MemoryAuditLog, MemoryAuditReader
from adapters.memory.identity.callers import MemoryCallers
from adapters.memory.identity.consents import MemoryConsents
from adapters.memory.identity.credentials import MemoryCredentials
from adapters.memory.identity.expired import MemoryExpired
from adapters.memory.identity.login_failures import MemoryLoginFailures
from adapters.memory.identity.oauth import (
    LocalTargets,
    MemoryOAuthConnections,
    PlainProviders,
)
from adapters.memory.identity.one_time_tokens import MemoryOneTimeTokens
from adapters.memory.identity.rate_limits import MemoryRateLimits
from adapters.memory.identity.security import (
    PlainCrypto,
    PlainKeyPairs,
    PlainPasswords,
    PlainTokens,
)
from adapters.memory.identity.sessions import MemorySessionReader, MemorySessions
from adapters.memory.identity.signing_keys import MemorySigningKeys
from adapters.memory.identity.user_reader import MemoryUserReader
from adapters.memory.identity.users import MemoryUsers
from adapters.memory.knowledge import (
    MemoryDocumentReader,
    MemoryDocuments,
    MemoryTexts,
    MemoryVersions,
)
from adapters.memory.mail import MemoryMailer, MemoryOutgoingMails
from adapters.memory.operations import MemoryProbes
from adapters.memory.records import (
    MemoryAccountRecords,
    MemoryConversationRecords,
    MemoryFileRecords,
    MemoryKnowledgeRecords,
    MemoryMailRecords,
)
from adapters.memory.replays import MemoryReplays
from adapters.memory.search import MemorySearchIndex
from adapters.memory.sniffer import PlainSniffer
from adapters.memory.splitter import PlainSplitter
from adapters.memory.store import MemoryTransaction, Store
from adapters.memory.worker import drain
from adapters.system import SystemClock, SystemSecrets, Uuid7
from application.conversations.ports import ConversationRecords, Conversations, Messages
from application.files.ports import FileRecords, Files, Objects, Sniffer
from application.identity.links import EmailPolicy
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
    IdentityProviders,
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
from application.mail.ports import Mailer, MailRecords, OutgoingMails
from application.operations.ports import Probes, Replays
from application.shared.ports import Clock, Crypto, Ids, Outbox, Secrets, Transaction
from domain.identity.oauth import ReturnTargets

SYSTEM: dict[type, type] = {Clock: SystemClock, Ids: Uuid7, Secrets: SystemSecrets}
PORTS: dict[type, type] = {
    ApiKeys: MemoryApiKeys,
    AccountRecords: MemoryAccountRecords,
    AuditLog: MemoryAuditLog,
    AuditReader: MemoryAuditReader,
    Callers: MemoryCallers,
    Consents: MemoryConsents,
    ConversationRecords: MemoryConversationRecords,
    Conversations: MemoryConversations,
    Credentials: MemoryCredentials,
    Crypto: PlainCrypto,
    DocumentReader: MemoryDocumentReader,
    Documents: MemoryDocuments,
    Embedder: NoEmbedder,
    Extractor: PlainExtractor,
    Expired: MemoryExpired,
    FileRecords: MemoryFileRecords,
    Files: MemoryFiles,
    LoginFailures: MemoryLoginFailures,
    Mailer: MemoryMailer,
    MailRecords: MemoryMailRecords,
    KnowledgeRecords: MemoryKnowledgeRecords,
    KeyPairs: PlainKeyPairs,
    IdentityProviders: PlainProviders,
    Messages: MemoryMessages,
    OAuthConnections: MemoryOAuthConnections,
    Objects: MemoryObjects,
    OneTimeTokens: MemoryOneTimeTokens,
    OutgoingMails: MemoryOutgoingMails,
    Passwords: PlainPasswords,
    Probes: MemoryProbes,
    RateLimits: MemoryRateLimits,
    Replays: MemoryReplays,
    ReturnTargets: LocalTargets,
    SearchIndex: MemorySearchIndex,
    SessionReader: MemorySessionReader,
    Sessions: MemorySessions,
    SigningKeys: MemorySigningKeys,
    Sniffer: PlainSniffer,
    Splitter: PlainSplitter,
    Texts: MemoryTexts,
    Tokens: PlainTokens,
    UserReader: MemoryUserReader,
    Users: MemoryUsers,
    Versions: MemoryVersions,
}


class World:
    """Builds a use case by giving each of its fields the adapter of its port. Adapters live as
    long as the world; each use case has a transaction of its own. `given` are used instead of
    ours: a clock that stands still, for instance."""

    def __init__(self, given: Mapping[type, Any] = MappingProxyType({})) -> None:
        self.store = Store()
        policies = {Policy: Policy(), EmailPolicy: EmailPolicy()}
        self._kept: dict[type, Any] = {Store: self.store, **policies, **given}

    def get[T](self, wanted: type[T]) -> T:
        """A use case, or the adapter of a port."""
        transaction = MemoryTransaction(self.store)
        made: T = self._make(wanted, {Transaction: transaction, Outbox: transaction})
        return made

    async def drain(self, *, twice: bool = False) -> None:
        """Run what follows the facts published so far, and what follows from that."""

        async def follower(kind: type) -> Any:
            return self.get(kind)

        await drain(self.store, follower, twice=twice)

    def _make(self, wanted: type, own: dict[type, Any]) -> Any:
        if found := own.get(wanted) or self._kept.get(wanted):
            return found
        kind: Any = (PORTS | SYSTEM).get(wanted, wanted)
        hints = get_type_hints(kind.__init__)
        hints.pop("return", None)
        made = kind(**{name: self._make(hint, own) for name, hint in hints.items()})
        if kind is not wanted:
            self._kept[wanted] = made
        return made
