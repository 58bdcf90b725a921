"""What a page says and how it looks, whichever library read it."""

import msgspec


class Line(msgspec.Struct, gc=False):
    """A line as it stands on paper. `y` is its baseline, None where it is not horizontal."""

    text: str
    goes_on: str = ""  # the mark of the hyphen that its last word is cut with
    y: float | None = None
    size: float = 0.0
    bold: bool = False
    cells: bool = False  # words far apart: a row of a table
