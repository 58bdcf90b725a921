"""Where settings come from: the environment, then `.env`, under our names or older ones."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
from dotenv import dotenv_values

from entrypoints.faults import faults
from entrypoints.settings import (
    AiProviders,
    DatabaseUrl,
    ModelNames,
    Networks,
    Origins,
    Settings,
    WrongSettings,
)

# What the plans that Colonnade grew from called the same thing.
ALIASES = {
    "APP_ENV": "ENVIRONMENT",
    "DATABASE_ASYNC_URL": "DATABASE_URL",
    "DATABASE_POOL_SIZE": "DB_POOL_SIZE",
    "SECRET_KEY": "JWT_SECRET",
    "JWT_SECRET_KEY": "JWT_SECRET",
    "ALGORITHM": "JWT_ALGORITHM",
    "JWT_ACCESS_TOKEN_EXPIRE_MINUTES": "ACCESS_TOKEN_EXPIRE_MINUTES",
    "ALLOWED_ORIGINS": "CORS_ORIGINS",
    "BACKEND_CORS_ORIGINS": "CORS_ORIGINS",
    "GOOGLE_API_KEY": "GEMINI_API_KEY",
    "DEFAULT_AI_MODEL": "GEMINI_MODEL",
}

# Each may also be read from the file that X_FILE names, as Docker and systemd hand out secrets.
SECRETS = (
    "DATABASE_URL",
    "ENCRYPTION_KEY",
    "JWT_SECRET",
    "SMTP_PASSWORD",
    "GOOGLE_CLIENT_SECRET",
    "GITHUB_CLIENT_SECRET",
    "OIDC_CLIENT_SECRET",
    "EMBEDDING_API_KEY",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "LANGFUSE_SECRET_KEY",
)

_DRIVER = re.compile(r"^postgres(ql)?\+\w+://")

type Given = dict[str, tuple[str, str]]


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Raises WrongSettings."""
    found: dict[str, Any] = {}
    texts, wrong = _given(environ)
    for field in msgspec.structs.fields(Settings):
        if field.name.upper() not in texts:
            continue
        name, text = texts[field.name.upper()]
        try:
            found[field.name] = _convert(text, field.type)
        except msgspec.DecodeError as error:
            wrong.append(f"{name}: {error}")
    settings = Settings(**found)
    if wrong := wrong + faults(settings):
        raise WrongSettings("\n".join(wrong))
    return settings


def _given(environ: Mapping[str, str]) -> tuple[Given, list[str]]:
    """By our name of a variable: the name it was given under, and its text; and what is wrong, a
    line each. The environment wins over `.env`, then our name over an alias; an empty text is none."""
    kept, faults = _with_files(_named(dotenv_values(".env")))
    found, more = _with_files(_named(environ))
    return kept | found, faults + more


def _with_files(texts: Given) -> tuple[Given, list[str]]:
    found, wrong = dict(texts), list[str]()
    for name in SECRETS:
        variable = f"{name}_FILE"
        if variable not in texts:
            continue
        if name in texts:
            wrong.append(f"{variable}: {texts[name][0]} is set as well, and only one may be")
            continue
        try:
            found[name] = variable, _content(texts[variable][1])
        except (OSError, ValueError) as error:
            wrong.append(f"{variable}: cannot be read: {error}")
    return found, wrong


def _content(path: str) -> str:
    """Without the line break that most editors put at the end."""
    if text := Path(path).read_text().removesuffix("\n").removesuffix("\r"):
        return text
    raise ValueError(f"{path} is empty")


def _named(source: Mapping[str, str | None]) -> Given:
    old = {ours: (alias, source[alias]) for alias, ours in ALIASES.items() if alias in source}
    found = old | {name: (name, text) for name, text in source.items() if text or name not in old}
    return {ours: (name, text) for ours, (name, text) in found.items() if text}


def _convert(text: str, kind: Any) -> Any:
    if kind == Origins | None and text.lstrip().startswith("["):
        return msgspec.json.decode(text, type=Origins)
    if kind in (AiProviders, ModelNames, Origins | None):
        return msgspec.convert(_parts(text), kind)
    if kind == Networks:
        return _networks(text)
    if kind == DatabaseUrl | None:
        return _DRIVER.sub("postgresql://", text)  # the driver is our affair
    if kind is Path:
        return Path(text)
    return msgspec.convert(text, kind, strict=False)


def _networks(text: str) -> Networks:
    try:
        return tuple(ip_network(part) for part in _parts(text))
    except ValueError as error:
        raise msgspec.ValidationError(f"expected networks such as 10.0.0.0/8: {error}") from None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
