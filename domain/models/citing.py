"""Checking what a model wrote against the sources that it was given.

Sources are numbered from 1, and `[2]` after a statement says that source 2 supports it. Models
invent markers, misquote and forget to cite: here each of these is found out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.models.quoting import Found, Verified, find_quote
from domain.shared.span import Span

# Not [2024]: that is how law reports are cited.
_MARKER = re.compile(r"\[\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*\]")
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^“”\n]+)”|„([^„“\n]+)“|«([^«»\n]+)»")
# Up to a full stop, with what closes around it and its markers, before the next sentence begins; or
# up to the end of a line. Whatever a model writes is read once: no run of anything is read anew from
# each of its characters.
_STOP = r"(?<![.!?…])[.!?…]++[\"'”’»)]*+" + rf"(?:\s*+{_MARKER.pattern})*+[.!?…]*+"
_NEXT = r"(?=\s+(?:[^\W\d_a-z]|[\"“„«(*#-])|\s*(?:\n|\Z))"
_SENTENCE = re.compile(rf"\S.*?(?:{_STOP}{_NEXT}|(?=\n)|\Z)", re.S)
_WORD = re.compile(r"\w+")
_FEWEST = 4  # words of a statement


@dataclass(frozen=True, slots=True)
class Cited:
    """`span` is in the text of source number `marker`: what was quoted, or said in the source's own
    words. When neither is there, it is all of the source, and `verified` is NO. `places` are those
    of the marker in what was written."""

    marker: int
    span: Span
    verified: Verified
    places: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """`text` is what the model wrote without the markers that name no source, of which there were
    `unknown`. `unsupported` are the statements in `text` that no marker supports."""

    text: str
    citations: tuple[Cited, ...]
    unknown: int
    unsupported: tuple[Span, ...]


def check_citations(written: str, sources: Sequence[str]) -> Checked:
    """`sources` are the texts that the model was given, in the order of their numbers."""
    text, unknown = _without_unknown(written, len(sources))
    citations: dict[Cited, list[Span]] = {}  # in the order in which they come, each once
    unsupported = []
    for sentence in _sentences(text):
        cited = list(_citations(sentence.of(text), sources))
        for one, place in cited:
            citations.setdefault(one, []).append(place.shifted(sentence.start))
        if not cited and _states(sentence.of(text)):
            unsupported.append(sentence)
    placed = [
        replace(one, places=tuple(dict.fromkeys(places))) for one, places in citations.items()
    ]
    return Checked(text, tuple(placed), unknown, tuple(unsupported))


def _without_unknown(text: str, known: int) -> tuple[str, int]:
    """From left to right, for what is dropped may have kept two halves of a marker apart."""
    *closed, rest = text.split("]")
    kept, unknown = "", 0
    for piece in closed:
        kept += piece + "]"
        start = kept.rfind("[")
        match = _MARKER.fullmatch(kept, start) if start >= 0 else None
        numbers = _numbers(match) if match else []
        there = [number for number in numbers if 0 < number <= known]
        if len(there) < len(numbers):
            unknown += len(numbers) - len(there)
            before = kept[:start] if there else kept[:start].rstrip(" \t")
            kept = before + "".join(f"[{number}]" for number in there)
    return kept + rest, unknown


def _sentences(text: str) -> Iterator[Span]:
    for match in _SENTENCE.finditer(text):
        yield Span(match.start(), match.start() + len(match[0].rstrip()))


def _citations(sentence: str, sources: Sequence[str]) -> Iterator[tuple[Cited, Span]]:
    """What each marker of a sentence, and where, says that its source supports: the part before
    it."""
    begin = 0
    for group in _groups(sentence):
        part, begin = sentence[begin : group[0].start()], group[-1].end()
        for number, place in _marked(group).items():
            for one in _supports(number, part, sources[number - 1]):
                yield one, place


def _groups(sentence: str) -> list[list[re.Match[str]]]:
    """Markers that stand together, as [1][2] or [1] [2], support the same."""
    groups: list[list[re.Match[str]]] = []
    for match in _MARKER.finditer(sentence):
        if groups and not sentence[groups[-1][-1].end() : match.start()].strip():
            groups[-1].append(match)
        else:
            groups.append([match])
    return groups


def _marked(group: list[re.Match[str]]) -> dict[int, Span]:
    """The numbers of a group, each where it stands first."""
    found: dict[int, Span] = {}
    for match in group:
        for number in _numbers(match):
            found.setdefault(number, Span(*match.span()))
    return found


def _supports(number: int, part: str, source: str) -> Iterator[Cited]:
    quotes = ["".join(filter(None, match.groups())) for match in _QUOTED.finditer(part)]
    found = [find_quote(quote, source) for quote in quotes or [part.strip()]]
    for one in found:
        yield _cited(number, one, source)


def _cited(number: int, found: Found, source: str) -> Cited:
    return Cited(number, found.span or Span(0, max(1, len(source))), found.verified)


def _numbers(match: re.Match[str]) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", match[1])]


def _states(sentence: str) -> bool:
    """Rather than asks, announces or heads."""
    bare = _MARKER.sub("", sentence).rstrip()
    return (
        len(_WORD.findall(bare)) >= _FEWEST
        and not bare.endswith(("?", ":"))
        and not bare.startswith("#")
    )
