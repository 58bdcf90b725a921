"""`python -m benchmarks [NAME …]` measures, shows a table, and keeps `benchmarks/results.json`.

Each number is a ratio to a floor measured in the same run, or to what was decided: each module says
what its numbers mean, `harness` under which conditions. A missed target is shown and no error, for
a machine has bad days, unless it is one that no machine's day changes. Of a benchmark that was not
run, the results of the last time are kept.
"""

import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from benchmarks import (
    admin,
    chat,
    embedding,
    harness,
    ingest,
    logins,
    overload,
    reads,
    refresh,
    search_quality,
    search_speed,
    start,
    stops,
    streams,
    timing,
)
from benchmarks.measure import Measure, Result

BENCHMARKS = {
    "reads": reads.run,
    "refresh": refresh.run,
    "logins": logins.run,
    "overload": overload.run,
    "admin": admin.run,
    "chat": chat.run,
    "ingest": ingest.run,
    "search_quality": search_quality.run,
    "embedding": embedding.run,
    "search_speed": search_speed.run,
    "search_million": search_speed.run_million,
    "start": start.run,
    "stops": stops.run,
    "streams": streams.run,
    "timing": timing.run,
}
USUAL = (
    "reads",
    "refresh",
    "admin",
    "logins",
    "overload",
    "search_quality",
    "start",
    "stops",
    "streams",
)  # the others take longer
RESULTS = Path(__file__).with_name("results.json")
_LIBRARIES = ("litestar", "granian", "asyncpg", "uvloop", "msgspec", "argon2-cffi", "openai")
_BAR = 20  # columns
_WIDTH = 140
_BUSY = 0.1


class Entry(Struct, frozen=True, kw_only=True):
    """A Measure as it is kept."""

    name: str
    unit: str
    value: float
    floor: float
    ratio: float
    target: float | None
    at_most: bool
    steady: bool = False
    ok: bool | None
    rounds: list[float]
    details: dict[str, float]


class Run(Struct, frozen=True, kw_only=True):
    """One benchmark, when and where it was run."""

    date: str
    cpu: str
    cores: int
    others: float  # the part of the cores that processes not ours took meanwhile
    versions: dict[str, str]
    conditions: list[str]
    results: list[Entry]
    skipped: dict[str, str]


def main(names: list[str]) -> None:
    console = Console()
    console.width = max(console.width, _WIDTH)
    if unknown := set(names) - set(BENCHMARKS):
        known = ", ".join(BENCHMARKS)
        sys.exit(f"no benchmark is called {', '.join(sorted(unknown))}; there are: {known}")
    runs = _kept()
    console.print(*harness.CONDITIONS, sep="\n", style="dim", soft_wrap=True)
    for name in names or USUAL:
        console.print(f"measuring {name}, for a minute or two …", style="dim")
        before = _usage()
        with harness.bench() as bench:
            results, postgres = BENCHMARKS[name](bench), bench.postgres_version()
        runs[name] = _run(results, _others(before, _usage()), postgres)
        _show(console, runs[name])
        RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(runs), indent=2) + b"\n")
    if any(one.steady and not one.ok for name in names or USUAL for one in runs[name].results):
        sys.exit(1)


def _kept() -> dict[str, Run]:
    try:
        return msgspec.json.decode(RESULTS.read_bytes(), type=dict[str, Run])
    except (FileNotFoundError, msgspec.ValidationError):
        return {}


def _run(results: list[Result], others: float, postgres: str) -> Run:
    return Run(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        others=round(others, 2),
        versions={
            "python": platform.python_version(),
            "postgres": postgres,
            **{name: version(name) for name in _LIBRARIES},
        },
        conditions=list(harness.CONDITIONS),
        results=[_entry(one) for one in results if isinstance(one, Measure)],
        skipped={one.name: one.why for one in results if not isinstance(one, Measure)},
    )


def _entry(one: Measure) -> Entry:
    return Entry(
        name=one.name,
        unit=one.unit,
        value=round(one.value, 3),
        floor=round(one.floor, 3),
        ratio=round(one.ratio, 3),
        target=one.target,
        at_most=one.at_most,
        steady=one.steady,
        ok=one.ok,
        rounds=[round(ratio, 3) for ratio in one.rounds],
        details={name: round(value, 3) for name, value in one.details.items()},
    )


def _show(console: Console, run: Run) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("what", "ours", "floor", "", "ratio", "rounds", "target", "", ""):
        right = name in ("ours", "floor", "ratio")
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for one in run.results:
        table.add_row(
            one.name,
            f"{one.value:.4g}",
            f"{one.floor:.4g}",
            one.unit,
            f"{one.ratio:.2f}",
            f"{min(one.rounds):.2f}-{max(one.rounds):.2f}",
            "" if one.target is None else f"{'≤' if one.at_most else '≥'} {one.target:.2f}",
            {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[one.ok],
            _bar(one),
        )
    console.print(table)
    for one in run.results:
        told = ", ".join(f"{name} {value:g}" for name, value in one.details.items())
        console.print(f"{one.name}: {told}", style="dim", highlight=False, soft_wrap=True)
    for name, why in run.skipped.items():
        console.print(f"{name}: not measured: {why}", style="yellow", soft_wrap=True)
    told = f"{run.cores} cores of {run.cpu}, of which others took {run.others:.0%} meanwhile"
    if run.others > _BUSY:
        console.print(f"{told}: measure again on a quiet machine", style="yellow", soft_wrap=True)
    else:
        console.print(told, style="dim", highlight=False, soft_wrap=True)


def _bar(one: Entry) -> str:
    """The ratio, full at 1 (or at the ceiling), with the target marked."""
    whole = (one.target or 1.0) if one.at_most else 1.0
    cells = ["█" if (cell + 0.5) / _BAR * whole <= one.ratio else "·" for cell in range(_BAR)]
    if one.target is not None:
        cells[min(_BAR - 1, int(one.target / whole * _BAR))] = "│"
    return "".join(cells)


class _Usage(Struct, frozen=True):
    """Seconds: of the clock, of CPU that anybody took, of CPU that we and our dead children took."""

    clock: float
    anybody: float
    ours: float


def _usage() -> _Usage:
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    times = os.times()
    return _Usage(
        time.monotonic(),
        (sum(fields) - idle) / os.sysconf("SC_CLK_TCK"),
        sum(times[:4]),
    )


def _others(before: _Usage, after: _Usage) -> float:
    spare = (after.clock - before.clock) * (os.cpu_count() or 1)
    return (after.anybody - before.anybody - (after.ours - before.ours)) / spare


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), "unknown")


if __name__ == "__main__":
    main(sys.argv[1:])
