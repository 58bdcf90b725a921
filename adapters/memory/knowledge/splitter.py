import re
from collections.abc import Iterator

from domain.shared.span import Span

_NEWLINE = r"(?>\r\n|[\r\n\v\f\x85\u2028\u2029])"
_BOUNDARIES = (
    re.compile(rf"{_NEWLINE}\s*?{_NEWLINE}\s*"),  # between paragraphs
    re.compile(rf"{_NEWLINE}\s*"),
    re.compile(r"(?<=[.!?…。！？])\s+"),
    re.compile(r"\s+"),
)


class PlainSplitter:
    """Cuts at paragraphs, then lines, sentences and words; a longer word wherever the limit is."""

    def split(self, text: str, limit: int) -> list[Span]:
        whole = [Span(0, len(text))] if text else []
        return [piece for part in whole for piece in _split(text, part, limit, 0)]


def _split(text: str, part: Span, limit: int, level: int) -> Iterator[Span]:
    if level == len(_BOUNDARIES):
        yield from _cut(part, limit)
        return
    packed: Span | None = None
    for piece in _between(text, part, _BOUNDARIES[level]):
        if packed and piece.end - packed.start <= limit:
            packed = Span(packed.start, piece.end)
            continue
        if packed:
            yield packed
        packed = piece if len(piece) <= limit else None
        if not packed:
            yield from _split(text, piece, limit, level + 1)
    if packed:
        yield packed


def _between(text: str, part: Span, boundary: re.Pattern[str]) -> Iterator[Span]:
    """What stands between boundaries, without the white space around it."""
    start = part.start
    for found in boundary.finditer(text, part.start, part.end):
        yield from _trimmed(text, start, found.start())
        start = found.end()
    yield from _trimmed(text, start, part.end)


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    inner = text[start:end].strip()
    if inner:
        at = text.index(inner[0], start)
        yield Span(at, at + len(inner))


def _cut(part: Span, limit: int) -> Iterator[Span]:
    for start in range(part.start, part.end, limit):
        yield Span(start, min(start + limit, part.end))
