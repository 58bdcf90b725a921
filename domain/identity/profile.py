"""What people may say of themselves, and the rules that keeps."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from domain.identity.user import locale, timezone
from domain.shared.errors import Invalid

LEAST_RETENTION = 30  # days
LARGEST_PREFERENCES = 16 * 1024  # bytes of JSON
DEEPEST_PREFERENCES = 16  # levels

type Rule = Callable[[Any], Any]


class InvalidUrl(Invalid): ...


class InvalidRetention(Invalid): ...


class InvalidPreferences(Invalid): ...


def checked(said: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a profile as they are kept; None empties a field. Raises InvalidTimezone,
    InvalidLocale, InvalidUrl, InvalidRetention, InvalidPreferences."""
    return {name: _checked(name, value) for name, value in said.items()}


def _checked(name: str, value: Any) -> Any:
    if value is None or name not in RULES:
        return value
    try:
        return RULES[name](value)
    except Invalid as error:
        error.fields = (name,)  # three of them are addresses
        raise


def web_address(text: str) -> str:
    """An http(s) URL without credentials: it will be shown as a link. Raises InvalidUrl."""
    try:
        parts = urlsplit(text)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # no such port, no such IPv6 address
        named = None
    # urlsplit drops line breaks and tabs, which a browser would not show either.
    if not named or "@" in parts.netloc or not text.isprintable() or " " in text:
        raise InvalidUrl("this is not an http or https address")
    return text


def retention(days: int) -> int:
    """Raises InvalidRetention."""
    if days < LEAST_RETENTION:
        raise InvalidRetention(f"things are kept for {LEAST_RETENTION} days or longer")
    return days


def preferences(chosen: dict[str, Any]) -> dict[str, Any]:
    """Anything a client wants to remember, within bounds. Raises InvalidPreferences."""
    if _deeper(chosen, DEEPEST_PREFERENCES):
        raise InvalidPreferences(f"preferences nest at most {DEEPEST_PREFERENCES} levels")
    text = json.dumps(chosen, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > LARGEST_PREFERENCES:
        raise InvalidPreferences(f"preferences have at most {LARGEST_PREFERENCES} bytes of JSON")
    if r"\u0000" in text:
        raise InvalidPreferences("text may not hold a NUL character")
    return chosen


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(one, levels - 1) for one in inside)


RULES: dict[str, Rule] = {
    "timezone": timezone,
    "locale": locale,
    "linkedin_url": web_address,
    "github_url": web_address,
    "portfolio_url": web_address,
    "preferences": preferences,
    "data_retention_days": retention,
}
