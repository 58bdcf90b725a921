"""Configuration: one field per environment variable, `database_url` is `DATABASE_URL`."""

import base64
import os
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
from dotenv import dotenv_values
from msgspec import Meta, Struct

DEVELOPMENT_ORIGINS = (
    "http://localhost:3000",
    "http://localhost:3001",
    "http://localhost:5173",
)

type Port = Annotated[int, Meta(ge=0, le=65535)]
type Count = Annotated[int, Meta(ge=1)]
type Origins = tuple[str, ...]
type ProviderName = Annotated[str, Meta(pattern="^(?!(google|github)$)[a-z0-9-]{1,20}$")]

# Each names a provider of sign-ins together with its siblings, or is not set.
_PROVIDERS = (
    ("google_client_id", "google_client_secret"),
    ("github_client_id", "github_client_secret"),
    ("oidc_issuer", "oidc_client_id", "oidc_client_secret"),
)


class Environment(StrEnum):
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


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
    public_url: str = "http://localhost:8000"
    data_dir: Path = Path(".colonnade")
    log_level: LogLevel = LogLevel.INFO
    api_docs: bool | None = None
    cors_origins: Origins | None = None

    database_url: str | None = None
    db_pool_size: Count = 10

    web_workers: Count = 1
    job_workers: Count = 1
    hash_threads: Count = 1
    hash_queue_ms: Count = 750

    encryption_key: str | None = None
    access_token_expire_minutes: Count = 30

    google_client_id: str | None = None
    google_client_secret: str | None = None
    github_client_id: str | None = None
    github_client_secret: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None
    oidc_name: ProviderName = "oidc"
    oauth_redirects: Origins | None = None

    extraction_timeout_seconds: Count = 120
    extraction_memory_mb: Count = 1024

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Raises WrongSettings."""
        given = {k: v for k, v in dotenv_values(".env").items() if v} | dict(environ)
        found: dict[str, Any] = {}
        wrong: list[str] = []
        for field in msgspec.structs.fields(cls):
            name = field.name.upper()
            if not given.get(name):
                continue
            try:
                found[field.name] = _convert(given[name], field.type)
            except msgspec.ValidationError as error:
                wrong.append(f"{name}: {error}")
        settings = cls(**found)
        if wrong := wrong + settings.insecurities():
            raise WrongSettings("\n".join(wrong))
        return settings

    def insecurities(self) -> list[str]:
        """What may not be so in production, a line each; and keys that cannot be keys."""
        wrong = []
        if self.encryption_key is not None and not _keys(self.encryption_key):
            wrong.append("ENCRYPTION_KEY: expected base64 of 32 bytes, several by commas")
        wrong += self._half_providers()
        if self.environment is not Environment.PRODUCTION:
            return wrong
        if self.encryption_key is None:
            wrong.append("ENCRYPTION_KEY: must be set in production")
        if not self.public_url.startswith("https://"):
            wrong.append("PUBLIC_URL: must be https in production")
        if "*" in self.allowed_origins:
            wrong.append("CORS_ORIGINS: may not hold * in production")
        if self.oidc_issuer and not self.oidc_issuer.startswith("https://"):
            wrong.append("OIDC_ISSUER: must be https in production")
        return wrong

    def _half_providers(self) -> list[str]:
        missing = []
        for names in _PROVIDERS:
            if any(getattr(self, name) for name in names):
                missing += [name.upper() for name in names if not getattr(self, name)]
        return [f"{name}: must be set with the others of its provider" for name in missing]

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
    def hash_patience(self) -> timedelta:
        return timedelta(milliseconds=self.hash_queue_ms)

    def encryption_keys(self) -> list[bytes]:
        """The keys of ENCRYPTION_KEY, or the one in DATA_DIR, made at the first start."""
        if self.encryption_key is not None:
            return _keys(self.encryption_key)
        return [_kept_key(self.data_dir / "encryption.key")]


def _convert(text: str, kind: Any) -> Any:
    if kind == Origins | None and not text.lstrip().startswith("["):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if kind == Origins | None:
        return msgspec.json.decode(text, type=Origins)
    if kind is Path:
        return Path(text)
    return msgspec.convert(text, kind, strict=False)


def _keys(text: str) -> list[bytes]:
    """The keys in `text`, [] when one of them is not 32 bytes."""
    try:
        keys = [base64.b64decode(part.strip(), validate=True) for part in text.split(",")]
    except ValueError:
        return []
    return keys if all(len(key) == 32 for key in keys) else []


def _kept_key(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        # Whoever creates the file wins: several processes may start at once.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(os.urandom(32)))
    except FileExistsError:
        pass
    if keys := _keys(path.read_text()):
        return keys[0]
    raise WrongSettings(f"{path}: expected base64 of 32 bytes")
