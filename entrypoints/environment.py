"""Where settings come from: the environment, then `.env`, under our names or older ones."""

from collections.abc import Mapping

from dotenv import dotenv_values

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

type Given = dict[str, tuple[str, str]]


def given(environ: Mapping[str, str]) -> Given:
    """By our name of a variable: the name it was given under, and its text. The environment wins
    over `.env`, then our name over an alias; an empty text is none."""
    return _named(dotenv_values(".env")) | _named(environ)


def _named(source: Mapping[str, str | None]) -> Given:
    old = {ours: (alias, source[alias]) for alias, ours in ALIASES.items() if alias in source}
    found = old | {name: (name, text) for name, text in source.items() if text or name not in old}
    return {ours: (name, text) for ours, (name, text) in found.items() if text}
