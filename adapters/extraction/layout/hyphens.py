"""Words that were cut at the end of a line."""

import re

from adapters.extraction.layout.line import Line
from adapters.extraction.layout.spacing import far

_NOT_NEXT = 2.5  # times the size, between baselines


def mended(pages: list[list[Line]]) -> list[list[Line]]:
    """Words cut at the end of a line, or of a page, are whole again, on the line they began on."""
    if not any(line.goes_on for lines in pages for line in lines):
        return pages
    words = {word for lines in pages for line in lines for word in line.text.lower().split()}
    before: Line | None = None
    for page in pages:
        for at, line in enumerate(page):
            if before is not None and before.goes_on:
                _join(before, line, words, overleaf=at == 0)
            before = line if line.text else before
    if before is not None and before.goes_on:
        _keep_hyphen(before)
    return [[line for line in lines if line.text] for lines in pages]


def _join(before: Line, line: Line, words: set[str], *, overleaf: bool) -> None:
    """Unless what stands between them shows that `line` is not where the word goes on."""
    elsewhere = not line.text[0].islower() if overleaf else far(before, line, _NOT_NEXT)
    if elsewhere:
        _keep_hyphen(before)
        return
    head, _, rest = line.text.partition(" ")
    before.text += _joint(before, head, words) + head
    before.goes_on, line.text = "" if rest else line.goes_on, rest


def _keep_hyphen(line: Line) -> None:
    line.text += "-"
    line.goes_on = ""


def _joint(line: Line, head: str, words: set[str]) -> str:
    """Nothing, or the hyphen where it belongs to the word and not to the end of the line."""
    tail = line.text.rsplit(None, 1)[-1].lower()
    if line.goes_on == "\xad":
        return ""
    if not tail[-1].isalpha() or not head[:1].islower() or "/" in tail:
        return "-"
    first, second = re.findall(r"\w+$", tail)[0], re.findall(r"\w+", head)[0]
    if "-" in tail:  # state-of-the-art, but self-gov-erning
        return "-" if first in words else ""
    return "-" if f"{first}-{second}" in words and first + second not in words else ""
