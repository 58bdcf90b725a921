"""What a document says of itself, made presentable: it may say anything."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

_LONGEST = 500  # characters
_EARLIEST = 1900  # what is older was counted from a zero: 1601, 1899
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_DATE_OF_PDF = re.compile(
    r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?"
)


class Properties:
    """Those of domain.knowledge.text, dates in ISO 8601."""

    def __init__(
        self,
        title: str | None = None,
        author: str | None = None,
        language: str | None = None,
        authored_at: str | None = None,
        modified_at: str | None = None,
    ) -> None:
        self.title, self.author, self.language = title, author, language
        self.authored_at, self.modified_at = authored_at, modified_at
        self.page_count: int | None = None


def properties(
    *,
    title: str | None = None,
    author: str | None = None,
    language: str | None = None,
    authored_at: str | None = None,
    modified_at: str | None = None,
) -> Properties:
    """As the document spells them. What makes no sense is left out."""
    return Properties(
        _words(title), _words(author), _tag(language), _date(authored_at), _date(modified_at)
    )


def _words(text: str | None) -> str | None:
    shown = "".join(c for c in text or "" if c.isspace() or unicodedata.category(c)[0] != "C")
    return unicodedata.normalize("NFC", " ".join(shown.split()))[:_LONGEST].strip() or None


def _tag(language: str | None) -> str | None:
    """Lower case, but for a script's first letter and a region."""
    tag = (language or "").strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return None
    first, *others = tag.lower().split("-")
    cased = {2: str.upper, 4: str.title}
    return "-".join([first, *(cased.get(len(part), str)(part) for part in others)])


def _date(text: str | None) -> str | None:
    """In ISO 8601, or as PDF writes it. Without a zone it is taken for UTC."""
    text = (text or "").strip()
    try:
        parsed = _date_of_pdf(text) or datetime.fromisoformat(text)
        known = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        return known.astimezone(UTC).isoformat() if known.year >= _EARLIEST else None
    except (ValueError, OverflowError):
        return None


def _date_of_pdf(text: str) -> datetime | None:
    found = _DATE_OF_PDF.match(text) if text.startswith("D:") else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    ahead = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    zone = timezone(-ahead if found[7] == "-" else ahead)
    return datetime(year, month or 1, day or 1, hour, minute, second, tzinfo=zone)
