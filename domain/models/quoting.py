"""Whether a text says what somebody claims that it says, word for word."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from domain.shared.span import Span

_QUOTES = dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟″«»", '"')
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
_UNSEEN = dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
_ALIKE = _QUOTES | _DASHES | _UNSEEN
_ENDS = " .,;:…"  # what writers put before a closing quotation mark, and the text may not have


class Verified(StrEnum):
    """EXACT: the very characters. NORMALISED: but for case, white space, quotation marks, dashes
    and how an accent is encoded. NO: not there."""

    EXACT = "exact"
    NORMALISED = "normalised"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote stands in the text; nowhere when it is not there."""

    verified: Verified
    span: Span | None = None


def find_quote(quote: str, text: str) -> Found:
    """The first place where `quote` stands in `text` as whole words."""
    if not any(character.isalnum() for character in quote):
        return Found(Verified.NO)
    for start in _places(quote, text):
        if _is_whole(text, start, start + len(quote)):
            return Found(Verified.EXACT, Span(start, start + len(quote)))
    span = _folded_place(quote, text)
    return Found(Verified.NORMALISED, span) if span else Found(Verified.NO)


@lru_cache(maxsize=256)  # a source is asked about for every marker
def folded(text: str) -> tuple[str, tuple[int, ...]]:
    """`text` without what does not matter, and for each character which one of `text` it is of."""
    letters: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        for letter in _fold(character):
            if letter == " " and letters[-1:] == [" "]:
                continue
            letters.append(letter)
            origins.append(index)
    return "".join(letters), tuple(origins)


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    if character.isspace():
        return " "
    alike = _ALIKE.get(character)
    if alike is not None:
        return alike
    return " ".join(unicodedata.normalize("NFKD", character).casefold().split())


def _folded_place(quote: str, text: str) -> Span | None:
    wanted = folded(quote)[0].strip(_ENDS)
    letters, origins = folded(text)
    for start in _places(wanted, letters):
        end = start + len(wanted)
        if _is_whole(letters, start, end) and _covers(origins, start, end):
            return Span(origins[start], origins[end - 1] + 1)
    return None


def _places(wanted: str, text: str) -> Iterator[int]:
    place = text.find(wanted) if wanted else -1
    while place >= 0:
        yield place
        place = text.find(wanted, place + 1)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Neither begins nor ends within a word, or between a letter and its accent."""
    return not (_joins(text, start) or _joins(text, end))


def _joins(text: str, place: int) -> bool:
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    return bool(unicodedata.combining(after)) or (_in_word(before) and _in_word(after))


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.combining(character) != 0


def _covers(origins: tuple[int, ...], start: int, end: int) -> bool:
    """Whole characters of the text: one may be folded into several."""
    begins = start == 0 or origins[start - 1] != origins[start]
    ends = end == len(origins) or origins[end - 1] != origins[end]
    return begins and ends
