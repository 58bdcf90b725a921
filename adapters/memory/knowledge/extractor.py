import re
from pathlib import Path

from domain.knowledge.document import ExtractionFailed, Failure
from domain.knowledge.text import Extracted, Properties, RawHeading, RawPage

_HEADING = re.compile(r"(#{1,6})\s+\S")


class PlainExtractor:
    """Text and Markdown in UTF-8, for where nothing is installed."""

    async def extract(self, path: Path, media_type: str) -> Extracted:
        if media_type not in ("text/plain", "text/markdown"):
            raise ExtractionFailed(Failure.UNSUPPORTED, f"{media_type} needs colonnade[extraction]")
        try:
            text = path.read_text("utf-8-sig")  # noqa: ASYNC240  small, and of this process alone
        except UnicodeDecodeError:
            raise ExtractionFailed(Failure.CORRUPT, "this is not text in UTF-8") from None
        if not text.strip():
            raise ExtractionFailed(Failure.NO_TEXT, "there is no text in this document")
        page = RawPage(text, _headings(text) if media_type == "text/markdown" else ())
        return Extracted((page,), Properties(page_count=1))


def _headings(text: str) -> tuple[RawHeading, ...]:
    lines = enumerate(text.splitlines())
    found = ((number, _HEADING.match(line)) for number, line in lines)
    return tuple(RawHeading(number, len(match[1])) for number, match in found if match)
