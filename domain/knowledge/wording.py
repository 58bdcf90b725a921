"""What a query insists on: `"quoted phrases"` that a passage must have, `-words` it must not."""

import re
from dataclasses import dataclass

_QUOTED = r'["“”](?P<phrase>[^"“”]+)["“”]'
_EXCLUDED = r'(?<!\S)-(?:["“”](?P<without>[^"“”]+)["“”]|(?P<word>[^\W\d_][\w\'’-]*))'
_INSISTS = re.compile(f"{_EXCLUDED}|{_QUOTED}")
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Wording:
    """`text` is the query without what it excludes; a phrase's words may be parted by anything that
    is no word, and case does not matter."""

    text: str
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]

    @property
    def insists(self) -> bool:
        return bool(self.phrases or self.excluded)

    def admits(self, passage: str) -> bool:
        return all(_has(passage, phrase) for phrase in self.phrases) and not any(
            _has(passage, phrase) for phrase in self.excluded
        )


def wording(query: str) -> Wording:
    """A quotation mark without its other, and a hyphen within a word, mean nothing."""
    phrases: list[str] = []
    excluded: list[str] = []
    for found in _INSISTS.finditer(query):
        without = found["without"] or found["word"]
        if _WORDS.search(without or found["phrase"]):
            (excluded if without else phrases).append(without or found["phrase"])
    text = _INSISTS.sub(lambda found: found["phrase"] or " ", query).strip()
    return Wording(text, tuple(phrases), tuple(excluded))


def _has(passage: str, phrase: str) -> bool:
    words = r"\W+".join(_WORDS.findall(phrase))
    return re.search(rf"(?<!\w){words}(?!\w)", passage, re.IGNORECASE) is not None
