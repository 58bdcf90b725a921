"""Configuration: one field per environment variable, `database_url` is `DATABASE_URL`."""

import os
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from entrypoints.keys import aes_keys, kept

DEVELOPMENT_ORIGINS = (
    "http://localhost:3000",
    "http://localhost:3001",
    "http://localhost:5173",
)

type Port = Annotated[int, Meta(ge=1, le=65535)]
type Count = Annotated[int, Meta(ge=1)]
type Limit = Annotated[int, Meta(ge=0)]  # 0: none
type Money = Annotated[float, Meta(ge=0, le=1e9)]  # 0: no limit
type Seconds = Annotated[float, Meta(gt=0, le=3600)]
type ContextSize = Annotated[int, Meta(ge=4_000, le=10_000_000)]
type ReasoningSize = Annotated[int, Meta(ge=0, le=100_000)]
type Networks = tuple[IPv4Network | IPv6Network, ...]
# Not below OWASP's minimum for argon2id, and not so much that a slip would stop every sign-in.
type HashMemory = Annotated[int, Meta(ge=19_456, le=1024 * 1024)]
type HashTime = Annotated[int, Meta(ge=2, le=100)]
type HashLanes = Annotated[int, Meta(ge=1, le=16)]
type ModelName = Annotated[str, Meta(pattern="^[A-Za-z0-9._/:-]{1,80}$")]
type ModelNames = tuple[ModelName, ...]
type Dimensions = Annotated[int, Meta(ge=1, le=4000)]  # what an HNSW index takes
type Origins = tuple[str, ...]
type DatabaseUrl = str
type HttpUrl = Annotated[str, Meta(pattern="^https?://[^/]+")]
type StorageUrl = Annotated[str, Meta(pattern="^(s3|gs|az)://[^/]+")]
type ProviderName = Annotated[str, Meta(pattern="^(?!(google|github)$)[a-z0-9-]{1,20}$")]


class Environment(StrEnum):
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class RegistrationMode(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class JwtAlgorithm(StrEnum):
    ES256 = "ES256"
    HS256 = "HS256"


class AiProvider(StrEnum):
    OPENAI = "openai"
    GEMINI = "gemini"
    OPENAI_COMPATIBLE = "openai_compatible"
    NONE = "none"


class EmbeddingModel(StrEnum):
    MINILM = "minilm"
    STATIC = "static"
    OPENAI_COMPATIBLE = "openai_compatible"
    NONE = "none"


type AiProviders = tuple[AiProvider, ...]


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class WrongSettings(Exception):
    """Names every variable that is wrong, and what was expected."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that can be configured, read once at start from the environment, then `.env`."""

    environment: Environment = Environment.DEVELOPMENT
    host: str = "127.0.0.1"
    port: Port = 8000
    public_url: str | None = None
    data_dir: Path = Path(".colonnade")
    debug: bool = False
    log_level: LogLevel = LogLevel.INFO
    api_docs: bool | None = None
    cors_origins: Origins | None = None
    trusted_proxies: Networks = ()  # whose X-Forwarded-For is believed

    database_url: DatabaseUrl | None = None
    db_pool_size: Count = 10

    storage_url: StorageUrl | None = None

    web_workers: Count = 1
    job_workers: Count = 1
    hash_threads: Count | None = None
    hash_queue_ms: Count = 750
    argon2_memory_kib: HashMemory = 19_456
    argon2_time_cost: HashTime = 2
    argon2_parallelism: HashLanes = 1

    encryption_key: str | None = None
    jwt_algorithm: JwtAlgorithm = JwtAlgorithm.ES256
    jwt_secret: str | None = None
    access_token_expire_minutes: Count = 30
    cookie_auth: bool = False

    registration: RegistrationMode = RegistrationMode.OPEN
    anti_enumeration: bool = False
    login_failures_per_address_per_minute: Limit = 30
    registrations_per_address_per_minute: Limit = 20
    require_verified_email: bool = False

    smtp_host: str | None = None
    smtp_port: Port = 587
    smtp_username: str | None = None
    smtp_password: str | None = None
    smtp_tls: bool = True
    email_from: str | None = None

    google_client_id: str | None = None
    google_client_secret: str | None = None
    github_client_id: str | None = None
    github_client_secret: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None
    oidc_name: ProviderName = "oidc"
    oauth_redirects: Origins | None = None

    uploads_per_hour: Limit = 600
    searches_per_minute: Limit = 600

    extraction_timeout_seconds: Count = 120
    extraction_memory_mb: Count = 1024

    embeddings: EmbeddingModel = EmbeddingModel.MINILM
    embedding_base_url: str | None = None
    embedding_api_key: str | None = None
    embedding_model: ModelName | None = None
    embedding_dimensions: Dimensions | None = None

    ai_provider: AiProvider | None = None
    ai_fallback: AiProviders = ()
    ai_models: ModelNames = ()
    openai_base_url: str | None = None
    openai_api_key: str | None = None
    openai_model: ModelName = "gpt-4o-mini"
    gemini_base_url: str | None = None
    gemini_api_key: str | None = None
    gemini_model: ModelName = "gemini-2.5-flash"
    ai_context_tokens: ContextSize = 16_000
    ai_reasoning_tokens: ReasoningSize | None = None
    ai_connect_timeout_seconds: Seconds = 5
    ai_first_token_timeout_seconds: Seconds = 60
    ai_idle_timeout_seconds: Seconds = 30
    ai_total_timeout_seconds: Seconds = 300
    ai_requests_per_minute: Limit = 10
    ai_requests_per_day: Limit = 100
    ai_monthly_budget_limit: Money = 100

    otel_exporter_otlp_endpoint: HttpUrl | None = None
    langfuse_host: HttpUrl = "https://cloud.langfuse.com"
    langfuse_public_key: str | None = None
    langfuse_secret_key: str | None = None
    langfuse_capture_content: bool = False

    @property
    def base_url(self) -> str:
        """Where clients reach us: PUBLIC_URL, or this machine."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def issuer(self) -> str:
        """Of access tokens: the same for all processes, which may have ports of their own."""
        return self.public_url or "colonnade"

    @property
    def model_providers(self) -> AiProviders:
        """Those that are asked, in order. Without AI_PROVIDER an address or a key chooses."""
        if self.ai_provider is AiProvider.NONE:
            return ()
        chosen = (
            (self.ai_provider, True),
            (AiProvider.OPENAI_COMPATIBLE, self.openai_base_url),
            (AiProvider.OPENAI, self.openai_api_key),
            (AiProvider.GEMINI, self.gemini_api_key),
        )
        first = [provider for provider, given in chosen if provider and given][:1]
        return tuple(dict.fromkeys([*first, *self.ai_fallback])) if first else ()

    @property
    def mail_sender(self) -> str:
        """Who writes our mail; no server has to like the default, for it stays in a file."""
        return self.email_from or "Colonnade <no-reply@localhost>"

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def allowed_origins(self) -> Origins:
        if self.cors_origins is not None:
            return self.cors_origins
        return DEVELOPMENT_ORIGINS if self.environment is Environment.DEVELOPMENT else ()

    @property
    def shows_docs(self) -> bool:
        if self.api_docs is not None:
            return self.api_docs
        return self.environment is not Environment.PRODUCTION

    @property
    def hashing_threads(self) -> int:
        """Of each API process, so that all of them leave a core to everything else."""
        if self.hash_threads is not None:
            return self.hash_threads
        return max(1, len(os.sched_getaffinity(0)) // self.web_workers - 1)

    @property
    def hash_patience(self) -> timedelta:
        return timedelta(milliseconds=self.hash_queue_ms)

    @property
    def access_token_lifetime(self) -> timedelta:
        return timedelta(minutes=self.access_token_expire_minutes)

    @property
    def verbosity(self) -> LogLevel:
        return LogLevel.DEBUG if self.debug else self.log_level

    def encryption_keys(self) -> list[bytes]:
        """The keys of ENCRYPTION_KEY, or the one in DATA_DIR, made at the first start. Raises
        WrongSettings."""
        if self.encryption_key is not None:
            return aes_keys(self.encryption_key)
        path = self.data_dir / "encryption.key"
        if keys := aes_keys(kept(path)):
            return keys
        raise WrongSettings(f"{path}: expected base64 of 32 bytes")

    def shared_secret(self) -> str:
        """JWT_SECRET, or the one in DATA_DIR, made at the first start."""
        return self.jwt_secret or kept(self.data_dir / "jwt.secret")
