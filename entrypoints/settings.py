"""Configuration: one field per environment variable, `database_url` is `DATABASE_URL`."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import getaddresses
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from entrypoints.environment import given
from entrypoints.keys import aes_keys, is_placeholder, kept

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
type StorageUrl = Annotated[str, Meta(pattern="^(s3|gs|az)://[^/]+")]
type ProviderName = Annotated[str, Meta(pattern="^(?!(google|github)$)[a-z0-9-]{1,20}$")]

_DRIVER = re.compile(r"^postgres(ql)?\+\w+://")
_SECRET = 32  # characters, at least
_MISSING = "must be set in production"
_PLACEHOLDER = "must be drawn at random in production, and this is a placeholder"

# Each names a provider together with its siblings, or is not set.
_PROVIDERS = (
    ("google_client_id", "google_client_secret"),
    ("github_client_id", "github_client_secret"),
    ("oidc_issuer", "oidc_client_id", "oidc_client_secret"),
    ("langfuse_public_key", "langfuse_secret_key"),
)


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
    ai_connect_timeout_seconds: Seconds = 5
    ai_first_token_timeout_seconds: Seconds = 60
    ai_idle_timeout_seconds: Seconds = 30
    ai_total_timeout_seconds: Seconds = 300
    ai_requests_per_minute: Limit = 10
    ai_requests_per_day: Limit = 100
    ai_monthly_budget_limit: Money = 100

    otel_exporter_otlp_endpoint: str | None = None
    langfuse_host: str = "https://cloud.langfuse.com"
    langfuse_public_key: str | None = None
    langfuse_secret_key: str | None = None
    langfuse_capture_content: bool = False

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Raises WrongSettings."""
        found: dict[str, Any] = {}
        texts, wrong = given(environ)
        for field in msgspec.structs.fields(cls):
            if field.name.upper() not in texts:
                continue
            name, text = texts[field.name.upper()]
            try:
                found[field.name] = _convert(text, field.type)
            except msgspec.DecodeError as error:
                wrong.append(f"{name}: {error}")
        settings = cls(**found)
        if wrong := wrong + settings.insecurities():
            raise WrongSettings("\n".join(wrong))
        return settings

    def insecurities(self) -> list[str]:
        """What may not be so, a line each: keys that cannot be keys, and much more in production."""
        faults = {
            "ENCRYPTION_KEY": self._encryption_key_fault(),
            "JWT_SECRET": self._jwt_secret_fault(),
        }
        wrong = [f"{name}: {fault}" for name, fault in faults.items() if fault]
        wrong += self._mail_faults() + self._half_providers()
        wrong += self._embedding_faults() + self._ai_faults()
        return [*wrong, *self._exposed()] if self._is_production else wrong

    def _encryption_key_fault(self) -> str | None:
        if self.encryption_key is None:
            return _MISSING if self._is_production else None
        keys = aes_keys(self.encryption_key)
        if not keys:
            return "expected base64 of 32 bytes, several by commas"
        if self._is_production and any(is_placeholder(key.decode("latin-1")) for key in keys):
            return _PLACEHOLDER
        return None

    def _jwt_secret_fault(self) -> str | None:
        shared = self.jwt_algorithm is JwtAlgorithm.HS256
        if not shared and not self._is_production:
            return None  # nobody uses it
        if self.jwt_secret is None:
            return _MISSING if shared and self._is_production else None
        if len(self.jwt_secret) < _SECRET:
            return f"expected at least {_SECRET} characters"
        if self._is_production and is_placeholder(self.jwt_secret):
            return _PLACEHOLDER
        return None

    def _exposed(self) -> list[str]:
        wrong = []
        if not self.base_url.startswith("https://"):
            wrong.append("PUBLIC_URL: must be https in production")
        if any("*" in origin for origin in self.allowed_origins):
            wrong.append("CORS_ORIGINS: may not hold * in production")
        if self.smtp_password is not None and not self.smtp_tls:
            wrong.append("SMTP_TLS: must be true in production, for SMTP_PASSWORD")
        if self.oidc_issuer and not self.oidc_issuer.startswith("https://"):
            wrong.append("OIDC_ISSUER: must be https in production")
        if self.embedding_api_key and not (self.embedding_base_url or "").startswith("https://"):
            wrong.append("EMBEDDING_BASE_URL: must be https in production, for EMBEDDING_API_KEY")
        models = {
            "OPENAI": (self.openai_api_key, self.openai_base_url),
            "GEMINI": (self.gemini_api_key, self.gemini_base_url),
        }
        for name, (key, address) in models.items():
            if key and address and not address.startswith("https://"):
                wrong.append(f"{name}_BASE_URL: must be https in production, for {name}_API_KEY")
        if self.debug:
            wrong.append("DEBUG: must be off in production")
        return wrong

    def _mail_faults(self) -> list[str]:
        if self.smtp_host is not None and self.email_from is None:
            return ["EMAIL_FROM: must be set with SMTP_HOST"]
        if not _is_sender(self.mail_sender):
            return ["EMAIL_FROM: expected an address such as Colonnade <no-reply@example.org>"]
        return []

    def _half_providers(self) -> list[str]:
        missing = []
        for names in _PROVIDERS:
            if any(getattr(self, name) for name in names):
                missing += [name.upper() for name in names if not getattr(self, name)]
        return [f"{name}: must be set with the others of its provider" for name in missing]

    def _embedding_faults(self) -> list[str]:
        if self.embeddings is not EmbeddingModel.OPENAI_COMPATIBLE:
            return []
        names = ("embedding_base_url", "embedding_model", "embedding_dimensions")
        missing = [name.upper() for name in names if getattr(self, name) is None]
        wrong = [f"{name}: must be set for EMBEDDINGS=openai_compatible" for name in missing]
        if not (self.embedding_base_url or "https://").startswith(("https://", "http://")):
            wrong.append("EMBEDDING_BASE_URL: expected a URL such as https://api.openai.com/v1")
        return wrong

    def _ai_faults(self) -> list[str]:
        if AiProvider.NONE in self.ai_fallback:
            return ["AI_FALLBACK: expected providers, and none is not one"]
        if self.ai_fallback and not self.model_providers:
            return ["AI_FALLBACK: wants a provider to begin with, by AI_PROVIDER"]
        needed = {
            AiProvider.OPENAI: ("OPENAI_API_KEY", self.openai_api_key),
            AiProvider.GEMINI: ("GEMINI_API_KEY", self.gemini_api_key),
            AiProvider.OPENAI_COMPATIBLE: ("OPENAI_BASE_URL", self.openai_base_url),
        }
        asked = [(provider, *needed[provider]) for provider in self.model_providers]
        wrong = [f"{name}: must be set for {who}" for who, name, given in asked if not given]
        addresses = {"OPENAI": self.openai_base_url, "GEMINI": self.gemini_base_url}
        for name, address in addresses.items():
            if address and not address.startswith(("http://", "https://")):
                wrong.append(f"{name}_BASE_URL: expected an http or https URL")
        return wrong

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
        """Those that are asked, in order. Without AI_PROVIDER a key or an address chooses."""
        if self.ai_provider is AiProvider.NONE:
            return ()
        chosen = (
            (self.ai_provider, True),
            (AiProvider.OPENAI, self.openai_api_key),
            (AiProvider.OPENAI_COMPATIBLE, self.openai_base_url),
            (AiProvider.GEMINI, self.gemini_api_key),
        )
        first = [provider for provider, given in chosen if provider and given][:1]
        return tuple(dict.fromkeys([*first, *self.ai_fallback])) if first else ()

    @property
    def mail_sender(self) -> str:
        """Who writes our mail; no server has to like the default, for it stays in a file."""
        return self.email_from or "Colonnade <no-reply@localhost>"

    @property
    def _is_production(self) -> bool:
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


def _convert(text: str, kind: Any) -> Any:
    if kind == Origins | None and not text.lstrip().startswith("["):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind == Origins | None:
        return msgspec.json.decode(text, type=Origins)
    if kind in (AiProviders, ModelNames):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return msgspec.convert(parts, kind)
    if kind == Networks:
        return _networks(text)
    if kind == DatabaseUrl | None:
        return _DRIVER.sub("postgresql://", text)  # the driver is our affair
    if kind is Path:
        return Path(text)
    return msgspec.convert(text, kind, strict=False)


def _networks(text: str) -> Networks:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise msgspec.ValidationError(f"expected networks such as 10.0.0.0/8: {error}") from None


def _is_sender(text: str) -> bool:
    found = getaddresses([text])
    name, _, host = found[0][1].rpartition("@")
    return len(found) == 1 and text.isprintable() and bool(name and host)
