"""What a page says and how it looks, whichever library read it."""

from collections import Counter


class Line:
    """A line as it stands on paper. `y` is its baseline, None where it is not horizontal."""

    __slots__ = ("bold", "cells", "goes_on", "runs", "size", "text", "y")

    def __init__(self, text: str, y: float | None, size: float) -> None:
        self.text, self.y, self.size = text, y, size
        self.goes_on = ""  # the mark of the hyphen that its last word is cut with
        self.bold = False
        self.cells = False  # words far apart: a row of a table
        self.runs = False  # a running head or foot


def body_size(pages: list[list[Line]]) -> float:
    """That of most characters, 0 where nothing is horizontal."""
    sizes = Counter[float]()
    for lines in pages:
        for line in lines:
            if line.y is not None:
                sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: sizes[size], default=0.0)
