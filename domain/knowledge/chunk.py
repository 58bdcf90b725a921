"""Cutting a canonical text into passages, and passages into sentences. Pure: spans in, spans out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import uuid5

from domain.knowledge.text import CanonicalText, Heading, line_spans
from domain.shared.ids import ChunkId, DocumentId, UserId, VersionId
from domain.shared.span import Span

LIMIT = 1_100  # code points of a chunk: about 256 tokens of the embedding model

_STOP = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*(?=\s+[\"'“‘«(\[]*[^\W_a-z])|[。！？]+")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'“])(?:[A-Z]|[Mm]rs?|[Mm]s|[Dd]r|[Pp]rof|[Ss]t|[Jj]r|[Ss]r|[Nn]os?|[Aa]rts?|[Ss]ecs?|"
    r"[Ff]igs?|[Vv]ols?|[Pp]p?|[Cc]h|[Cc]f|[Vv]s?|e\.g|i\.e|etc|approx|[Ii]nc|[Ll]td|[Cc]o|[Cc]orp|U\.S)\.$"
)
_NUMBER = re.compile(
    r"(?:#{1,6})?\s*\(?[0-9ivx]{1,4}(?:\.\d+)*[.)]+"
)  # a clause's number, not a sentence
_LIST_ITEM = re.compile(r"(?:[-*•‣◦]|\(?[0-9ivx]{1,4}[.)]|\(?[a-z]\)|\d+(?:\.\d+)+\.?|#{1,6}|\|)\s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`span` counts in the document's text; `page` is where it begins."""

    span: Span
    page: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a version: `content` is `text[start:end]`, and so is each of its sentences."""

    id: ChunkId
    user_id: UserId
    document_id: DocumentId
    version_id: VersionId
    ordinal: int
    page: int
    span: Span
    heading: str | None
    content: str
    sentences: tuple[Sentence, ...]


def sections(text: CanonicalText) -> list[Span]:
    """What lies between headings of level 1 and 2: no chunk reaches across one."""
    cuts = [h.start for h in text.headings if h.level <= 2]
    edges = sorted({0, *cuts, len(text.content)})
    return [Span(start, end) for start, end in pairwise(edges)]


def heading_path(headings: Sequence[Heading], content: str, offset: int) -> str | None:
    """`Fees > Late payment`: the headings that `offset` stands under, highest first."""
    path: dict[int, str] = {}
    for heading in headings:
        if heading.start > offset:
            break
        path = {level: title for level, title in path.items() if level < heading.level}
        path[heading.level] = content[heading.start : heading.end].strip(" #\t")
    return " > ".join(path[level] for level in sorted(path)) or None


def sentences(text: str, within: Span) -> list[Span]:
    """The sentences of `text[within]`, without the white space around them.

    A sentence also ends with its paragraph, list item, table row or heading.
    """
    found: list[Span] = []
    inside = within.of(text)
    for block in _blocks(inside):
        body = block.of(inside)
        start = 0
        for stop in _STOP.finditer(body):
            if _stays_open(body[start : stop.end()]):
                continue
            found.append(Span(start, stop.end()).shifted(block.start))
            start = stop.end() + _space(body, stop.end())
        if start < len(body):
            found.append(Span(start, len(body)).shifted(block.start))
    return [span.shifted(within.start) for span in found]


def chunks(
    user_id: UserId,
    document_id: DocumentId,
    version_id: VersionId,
    text: CanonicalText,
    pieces: Sequence[Span],
) -> list[Chunk]:
    """A chunk for each piece, begun one sentence early so that no thought is cut in two.

    Ids are made of version and ordinal: doing it again gives the same chunks.
    """
    made: list[Chunk] = []
    bounds = sections(text)
    previous: Span | None = None
    for piece in pieces:
        found = sentences(text.content, piece)
        section = next(s for s in bounds if s.contains(piece))
        if previous and section.contains(previous) and piece.end - previous.start <= LIMIT + 300:
            found.insert(0, previous)
        span = Span(found[0].start, found[-1].end)
        made.append(
            Chunk(
                id=ChunkId(uuid5(version_id, str(len(made)))),
                user_id=user_id,
                document_id=document_id,
                version_id=version_id,
                ordinal=len(made),
                page=text.page_at(span.start),
                span=span,
                heading=heading_path(text.headings, text.content, piece.start),
                content=span.of(text.content),
                sentences=tuple(Sentence(one, text.page_at(one.start)) for one in found),
            )
        )
        previous = found[-1]
    return made


def _stays_open(sentence: str) -> bool:
    return bool(_ABBREVIATION.search(sentence) or _NUMBER.fullmatch(sentence))


def _blocks(text: str) -> Iterator[Span]:
    """Runs of lines that read on: a heading, item or row stands alone; so does a paragraph."""
    start: int | None = None
    last: Span | None = None
    for line in line_spans(text):
        if start is not None and last is not None and not _reads_on(text, last, line):
            yield Span(start, last.end)
            start = None
        start = line.start if start is None else start
        last = line
    if start is not None and last is not None:
        yield Span(start, last.end)


def _reads_on(text: str, last: Span, line: Span) -> bool:
    """Whether `line` continues the sentence that `last` left open."""
    gap, above, below = text[last.end : line.start], last.of(text), line.of(text)
    if gap.count("\n") > 1 or _LIST_ITEM.match(below) or above.startswith(("#", "|")):
        return False
    short = len(above) < 50 and not above.endswith((",", ";", ":", "-", "–"))
    return not (short and (below[0].isupper() or below[0].isdigit()) and _ends_open(above))


def _ends_open(line: str) -> bool:
    """A short line without a full stop, before a capital: a heading, a cell, a name."""
    return not line.endswith((".", "!", "?"))


def _space(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end].isspace():
        end += 1
    return end - at
