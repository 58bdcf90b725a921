"""Words that were cut at the end of a line."""

import re

from adapters.extraction.layout.line import Line


def mended(pages: list[list[Line]]) -> list[list[Line]]:
    """Words cut at the end of a line are whole again, on the line they began on."""
    if not any(line.goes_on for lines in pages for line in lines):
        return pages
    words = {word for lines in pages for line in lines for word in line.text.lower().split()}
    return [_with_whole_words(lines, words) for lines in pages]


def _with_whole_words(lines: list[Line], words: set[str]) -> list[Line]:
    mended: list[Line] = []
    for line in lines:
        before = mended[-1] if mended else None
        if before is not None and before.goes_on:
            head, _, line.text = line.text.partition(" ")
            before.text += _joint(before, head, words) + head
            before.goes_on = "" if line.text else line.goes_on
        if line.text:
            mended.append(line)
    return mended


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
