"""Comma-separated values, and those that are separated by something else."""

import csv

from adapters.extraction.formats.text import decoded
from adapters.extraction.pages import MAX_CHARACTERS, Budget, Extracted, Lines, Unreadable

_SEPARATORS = ",;\t|"


def read_csv(data: bytes) -> Extracted:
    text, page = decoded(data), Lines()
    Budget().spend(len(text))
    csv.field_size_limit(MAX_CHARACTERS)
    lines = text.splitlines(keepends=True)  # as `csv` wants them: a quoted cell may have several
    first = next((line for line in lines if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    try:
        page.table(csv.reader(lines, delimiter=separator))
    except csv.Error as error:
        raise Unreadable("corrupt", f"it is no table of values: {error}") from None
    return Extracted([page.page()])
