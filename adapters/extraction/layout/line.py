"""What a page says and how it looks, whichever library read it."""

from collections import Counter

import msgspec


class Line(msgspec.Struct, gc=False):
    """A line as it stands on paper. `y` is its baseline, None where it is not horizontal."""

    text: str
    goes_on: str = ""  # the mark of the hyphen that its last word is cut with
    y: float | None = None
    size: float = 0.0
    bold: bool = False
    cells: bool = False  # words far apart: a row of a table
    runs: bool = False  # a running head or foot


def body_size(pages: list[list[Line]]) -> float:
    """That of most characters, 0 where nothing is horizontal."""
    sizes = Counter[float]()
    for lines in pages:
        for line in lines:
            if line.y is not None:
                sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: sizes[size], default=0.0)
