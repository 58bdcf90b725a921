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
# Not below OWASP's minimum for argon2id, and not so much that a slip would stop every sign-in.
type HashMemory = Annotated[int, Meta(ge=19_456, le=1024 * 1024)]
type HashTime = Annotated[int, Meta(ge=2, le=100)]
type HashLanes = Annotated[int, Meta(ge=1, le=16)]
type Origins = tuple[str, ...]


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
    hash_threads: Count | None = None
    hash_queue_ms: Count = 750
    argon2_memory_kib: HashMemory = 19_456
    argon2_time_cost: HashTime = 2
    argon2_parallelism: HashLanes = 1

    encryption_key: str | None = None
    access_token_expire_minutes: Count = 30

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
        if self.environment is not Environment.PRODUCTION:
            return wrong
        if self.encryption_key is None:
            wrong.append("ENCRYPTION_KEY: must be set in production")
        if not self.public_url.startswith("https://"):
            wrong.append("PUBLIC_URL: must be https in production")
        if "*" in self.allowed_origins:
            wrong.append("CORS_ORIGINS: may not hold * in production")
        return wrong

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
