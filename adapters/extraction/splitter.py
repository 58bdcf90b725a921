from collections.abc import Iterator
from functools import lru_cache

from semantic_text_splitter import TextSplitter

from domain.shared.span import Span

# The library takes the square of the time for a text without paragraphs.
_STRETCH = 20_000
_splitter = lru_cache(maxsize=8)(TextSplitter)


class SemanticSplitter:
    """Cuts at paragraphs, then lines, sentences, words and characters, by the rules of Unicode."""

    def split(self, text: str, limit: int) -> list[Span]:
        return [
            Span(at, at + len(piece))
            for stretch in _stretches(text, max(_STRETCH, 10 * limit))
            for start, piece in _splitter(limit).chunk_indices(stretch.of(text))
            for at in [stretch.start + start]
            if piece.strip()
        ]


def _stretches(text: str, longest: int) -> Iterator[Span]:
    start = 0
    while start < len(text):
        end = _end_of_stretch(text, start, longest)
        yield Span(start, end)
        start = end


def _end_of_stretch(text: str, start: int, longest: int) -> int:
    """After the last paragraph, line or word that ends in the second half, or else anywhere."""
    end = start + longest
    if end >= len(text):
        return len(text)
    for mark in ("\n\n", "\n", " "):
        found = text.rfind(mark, start + longest // 2, end)
        if found >= 0:
            return found + len(mark)
    return end
