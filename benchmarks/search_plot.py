"""`search.svg`: the time of a search against what its owner has, both axes logarithmic."""

from collections.abc import Iterator, Mapping
from math import log10
from pathlib import Path

FILE = Path(__file__).with_name("search.svg")
_NAMES = {"p50": "#2a78b8", "p95": "#c0392b", "CPU": "#7f8c8d"}
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 400, 70, 30
_SIZES, _TIMES = (2.7, 5.3), (0.3, 3.0)  # powers of ten

type Times = tuple[float, float, float]  # p50, p95, CPU, in ms


def draw(found: Mapping[int, Times]) -> None:
    right, bottom = _WIDTH - 20, _HEIGHT - 50
    shapes = [*_grid(right, bottom), *_lines(found, right, bottom)]
    FILE.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="13">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>\n'
        + "\n".join(shapes)
        + "\n</svg>\n"
    )


def _grid(right: float, bottom: float) -> Iterator[str]:
    for size in (1_000, 10_000, 100_000):
        x = _x(size, right)
        yield f'<path d="M{x:.0f} {_TOP}V{bottom}" stroke="#ddd"/>'
        yield f'<text x="{x:.0f}" y="{bottom + 20}" text-anchor="middle">{size:,}</text>'
    for ms in (2, 5, 10, 20, 50, 100, 250, 500, 1000):
        y = _y(ms, bottom)
        yield f'<path d="M{_LEFT} {y:.0f}H{right}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{ms}</text>'
    yield f'<text x="{(right + _LEFT) / 2}" y="{bottom + 42}" text-anchor="middle">passages</text>'
    yield f'<text x="{_LEFT}" y="18">POST /search, hybrid: ms on one core</text>'


def _lines(found: Mapping[int, Times], right: float, bottom: float) -> Iterator[str]:
    for index, (name, colour) in enumerate(_NAMES.items()):
        at = [(_x(size, right), _y(times[index], bottom)) for size, times in found.items()]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in at)
        x = _LEFT + 12 + 60 * index
        yield f'<text x="{x}" y="{_TOP + 16}" fill="{colour}">{name}</text>'


def _x(size: float, right: float) -> float:
    return _LEFT + (log10(size) - _SIZES[0]) / (_SIZES[1] - _SIZES[0]) * (right - _LEFT)


def _y(ms: float, bottom: float) -> float:
    return bottom - (log10(ms) - _TIMES[0]) / (_TIMES[1] - _TIMES[0]) * (bottom - _TOP)
