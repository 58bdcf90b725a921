"""What an owner says of a document, in the form in which it is kept and compared."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any
from unicodedata import normalize

from domain.shared.errors import Invalid

MOST_KEYWORDS, LONGEST_KEYWORD = 50, 100

_ISO_3166 = re.compile(r"[a-z]{2}(?:-[a-z0-9]{1,3})?", re.IGNORECASE)  # a country, its part


class Category(StrEnum):
    CONTRACT = "contract"
    CASE_LAW = "case_law"
    STATUTE = "statute"
    REGULATION = "regulation"
    BRIEF = "brief"
    POLICY = "policy"
    RESUME = "resume"
    OTHER = "other"


class InvalidKeywords(Invalid):
    fields = ("keywords",)


def keyword(text: str) -> str:
    """`"  Straße "` and `"strasse"` are the same keyword."""
    return normalize("NFC", normalize("NFC", text).strip().casefold())


def keywords(texts: Iterable[str]) -> tuple[str, ...]:
    """Each once, in alphabetical order. Raises InvalidKeywords."""
    found = sorted({keyword(text) for text in texts} - {""})
    if len(found) > MOST_KEYWORDS:
        raise InvalidKeywords(f"a document may have {MOST_KEYWORDS} keywords")
    if any(len(one) > LONGEST_KEYWORD for one in found):
        raise InvalidKeywords(f"a keyword may have {LONGEST_KEYWORD} characters")
    return tuple(found)


def jurisdiction(text: str) -> str | None:
    """A country or a part of it (ISO 3166) in capitals, or the name of a court as it is."""
    name = _name(text)
    return name.upper() if name and _ISO_3166.fullmatch(name) else name


def checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document, each in its form. Raises InvalidKeywords."""
    return {
        name: value if value is None or name not in _FORMS else _FORMS[name](value)
        for name, value in fields.items()
    }


def _name(text: str) -> str | None:
    return text.strip() or None


_FORMS: dict[str, Callable[[Any], Any]] = {
    "title": str.strip,
    "jurisdiction": jurisdiction,
    "practice_area": _name,
    "keywords": keywords,
}
