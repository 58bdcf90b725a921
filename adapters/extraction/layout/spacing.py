"""How far apart lines stand."""

import statistics
from collections import Counter
from itertools import pairwise

from adapters.extraction.layout.line import Line

_PARAGRAPH_GAP = 1.15  # times the gap between lines of a paragraph
_USUAL = 1.3  # where a document does not tell


def usual_spacing(pages: list[list[Line]]) -> float:
    """From baseline to baseline in most of the document, as a multiple of the size."""
    return _most([gap for lines in pages for gap in _gaps(lines)]) or _USUAL


def spacing_of(lines: list[Line], usual: float) -> float:
    """The document's, unless the page has nothing of it: a page may be set wider than the rest."""
    gaps = _gaps(lines)
    of_usual = sum(abs(gap - usual) < 0.05 * usual for gap in gaps)
    return usual if of_usual > len(gaps) / 8 else _most(gaps) or usual


def far(above: Line, below: Line, spacing: float) -> bool:
    """Whether more than the usual space lies between two lines."""
    if above.y is None or below.y is None:
        return False
    return above.y - below.y > _PARAGRAPH_GAP * spacing * max(above.size, below.size)


def _gaps(lines: list[Line]) -> list[float]:
    """Between neighbours of one size, as multiples of the size."""
    return [
        (above.y - below.y) / above.size
        for above, below in pairwise(lines)
        if above.y is not None and below.y is not None
        if above.size == below.size and 0 < above.y - below.y < 4 * above.size
    ]


def _most(gaps: list[float]) -> float | None:
    """The usual one; None where there is no usual one."""
    steps = Counter(round(gap * 20) for gap in gaps)
    step, times = min(steps.items(), key=lambda item: (-item[1], item[0]), default=(0, 0))
    return statistics.median(g for g in gaps if round(g * 20) == step) if times >= 3 else None
