"""Accounts and who may use them."""

from collections.abc import AsyncIterator, Iterator

from dishka import Provider, Scope, provide, provide_all

from adapters.postgres.database import Database
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
from adapters.postgres.identity.sessions import PostgresSessionReader, PostgresSessions
from adapters.postgres.identity.signing_keys import PostgresSigningKeys
from adapters.postgres.identity.user_reader import PostgresUserReader
from adapters.postgres.identity.users import PostgresUsers
from adapters.postgres.pool import Pool
from adapters.postgres.records import PostgresAccountRecords
from adapters.security.keys import EcKeyPairs, KeySource, SharedSecret, StoredKeys
from adapters.security.passwords import Argon2Passwords, Cost
from adapters.security.tokens import following
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
from application.identity.avatar import RemoveAvatar, SetAvatar
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
from application.identity.oauth_ports import OAuthConnections
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
    OneTimeTokens,
    Passwords,
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
from application.shared.ports import Clock, Crypto, Ids
from entrypoints.settings import JwtAlgorithm, RegistrationMode, Settings


class UseCases(Provider):
    scope = Scope.REQUEST

    accounts = provide_all(
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
    avatar = provide_all(SetAvatar, RemoveAvatar)
    profile = provide_all(UpdateProfile, ExportAccount, DeleteAccount, PurgeAccounts)
    administration = provide_all(
        AdminGate, ListUsers, ShowUser, CreateUser, ChangeUser, DeleteUser, RestoreUser
    )
    audit = provide_all(ListAudit, VerifyAudit)
    signing_keys = provide_all(RotateKeys)
    upkeep = provide_all(ForgetExpired)
    oauth = provide_all(StartSignIn, FinishSignIn, FindAccount, ListConnections, Disconnect)


class Policies(Provider):
    """What the settings say about accounts, in every world."""

    scope = Scope.APP

    @provide
    def policy(self, settings: Settings) -> Policy:
        return Policy(
            registration_open=settings.registration is RegistrationMode.OPEN,
            anti_enumeration=settings.anti_enumeration,
            wrong_passwords_per_minute=settings.login_failures_per_address_per_minute,
            registrations_per_minute=settings.registrations_per_address_per_minute,
        )

    @provide
    def email_policy(self, settings: Settings) -> EmailPolicy:
        return EmailPolicy(settings.base_url, settings.require_verified_email)


class Adapters(Provider):
    scope = Scope.REQUEST

    @provide(scope=Scope.APP)
    def passwords(self, settings: Settings) -> Iterator[Passwords]:
        cost = Cost(
            settings.argon2_memory_kib, settings.argon2_time_cost, settings.argon2_parallelism
        )
        passwords = Argon2Passwords(settings.hashing_threads, settings.hash_patience, cost)
        yield passwords
        passwords.close()

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
        issuer, lifetime = settings.issuer, settings.access_token_lifetime
        async with following(source, clock, ids, issuer=issuer, lifetime=lifetime) as tokens:
            yield tokens

    @provide(scope=Scope.APP)
    def callers(self, pool: Pool, tokens: Tokens, clock: Clock) -> Callers:
        """Asked by every request, and never part of a transaction."""
        return PostgresCallers(Database(pool), tokens, clock)

    @provide(scope=Scope.APP)
    def session_reader(self, pool: Pool) -> SessionReader:
        return PostgresSessionReader(Database(pool))

    @provide(scope=Scope.APP)
    def user_reader(self, pool: Pool, clock: Clock) -> UserReader:
        return PostgresUserReader(Database(pool), clock)

    @provide(scope=Scope.APP)
    def audit_reader(self, pool: Pool) -> AuditReader:
        return PostgresAuditReader(Database(pool))

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
    records = provide(PostgresAccountRecords, provides=AccountRecords)
