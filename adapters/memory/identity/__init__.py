"""What answers from memory behind the ports of identity."""

from adapters.memory.identity.api_keys import MemoryApiKeys
from adapters.memory.identity.audit import MemoryAuditLog, MemoryAuditReader
from adapters.memory.identity.callers import MemoryCallers
from adapters.memory.identity.consents import MemoryConsents
from adapters.memory.identity.credentials import MemoryCredentials
from adapters.memory.identity.expired import MemoryExpired
from adapters.memory.identity.login_failures import MemoryLoginFailures
from adapters.memory.identity.oauth import LocalTargets, MemoryOAuthConnections, PlainProviders
from adapters.memory.identity.one_time_tokens import MemoryOneTimeTokens
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
from application.identity.oauth_ports import IdentityProviders, OAuthConnections
from application.identity.ports import (
    ApiKeys,
    AuditLog,
    AuditReader,
    Callers,
    Consents,
    Credentials,
    Expired,
    KeyPairs,
    LoginFailures,
    OneTimeTokens,
    Passwords,
    SessionReader,
    Sessions,
    SigningKeys,
    Tokens,
    UserReader,
    Users,
)
from application.shared.ports import Crypto
from domain.identity.oauth import ReturnTargets

PORTS: dict[type, type] = {
    ApiKeys: MemoryApiKeys,
    AuditLog: MemoryAuditLog,
    AuditReader: MemoryAuditReader,
    Callers: MemoryCallers,
    Consents: MemoryConsents,
    Credentials: MemoryCredentials,
    Crypto: PlainCrypto,
    Expired: MemoryExpired,
    IdentityProviders: PlainProviders,
    KeyPairs: PlainKeyPairs,
    LoginFailures: MemoryLoginFailures,
    OAuthConnections: MemoryOAuthConnections,
    OneTimeTokens: MemoryOneTimeTokens,
    Passwords: PlainPasswords,
    ReturnTargets: LocalTargets,
    SessionReader: MemorySessionReader,
    Sessions: MemorySessions,
    SigningKeys: MemorySigningKeys,
    Tokens: PlainTokens,
    UserReader: MemoryUserReader,
    Users: MemoryUsers,
}
