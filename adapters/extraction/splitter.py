from functools import lru_cache

from semantic_text_splitter import TextSplitter

from domain.shared.span import Span

_splitter = lru_cache(maxsize=8)(TextSplitter)


class SemanticSplitter:
    """Cuts at paragraphs, then lines, sentences, words and characters, by the rules of Unicode."""

    def split(self, text: str, limit: int) -> list[Span]:
        pieces = _splitter(limit).chunk_indices(text)
        return [Span(start, start + len(piece)) for start, piece in pieces if piece]
