"""How far apart lines stand."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain, pairwise

from adapters.extraction.layout.line import Line

_PARAGRAPH_GAP = 1.15  # times the gap between lines of a paragraph
_USUAL = 1.3  # where a document does not tell


def gaps_of(lines: list[Line]) -> list[float]:
    """Between neighbours of one size, as multiples of the size."""
    return [
        (above.y - below.y) / above.size
        for above, below in pairwise(lines)
        if above.y is not None and below.y is not None
        if above.size == below.size and 0 < above.y - below.y < 4 * above.size
    ]


def usual_spacing(gaps: Iterable[list[float]]) -> float:
    """From baseline to baseline in most of the document, as a multiple of the size."""
    return _most([*chain.from_iterable(gaps)]) or _USUAL


def spacing_of(gaps: list[float], usual: float) -> float:
    """The document's, unless the page has nothing of it: a page may be set wider than the rest."""
    of_usual = sum(abs(gap - usual) < 0.05 * usual for gap in gaps)
    return usual if of_usual > len(gaps) / 8 else _most(gaps) or usual


def far(above: Line, below: Line, spacing: float) -> bool:
    """Whether more than the usual space lies between two lines."""
    if above.y is None or below.y is None:
        return False
    return above.y - below.y > _PARAGRAPH_GAP * spacing * max(above.size, below.size)


def _most(gaps: list[float]) -> float | None:
    """The usual one; None where there is no usual one."""
    steps = Counter(round(gap * 20) for gap in gaps)
    step, times = min(steps.items(), key=lambda item: (-item[1], item[0]), default=(0, 0))
    return (
        sorted(gap for gap in gaps if round(gap * 20) == step)[times // 2] if times >= 3 else None
    )
