"""The supervisor over real, tiny processes, and a clock that the test turns."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from entrypoints.supervisor import Watched


class Tiny:
    """A child that runs `command`; `starts` counts how often."""

    def __init__(self, command: str) -> None:
        self.command, self.starts = command, 0
        self.launch()

    def launch(self) -> None:
        self.process = subprocess.Popen(self.command.split())
        self.starts += 1

    def poll(self) -> int | None:
        return self.process.poll()

    def stop(self, seconds: float) -> None:
        self.process.kill()
        self.process.wait(seconds)


class Gone(Tiny):
    """A child whose program is no longer there when it shall be started again."""

    def launch(self) -> None:
        super().launch()
        self.command = "/nowhere/at-all"


@pytest.fixture
def started() -> float:
    """A whole second, so that the half seconds added to it are exact."""
    return float(int(time.monotonic()))


def pauses(child: Tiny, started: float, count: int, alive: float = 0) -> Iterator[float]:
    """The seconds from each death to the next start, of a child that lives `alive` seconds."""
    watched, now = Watched("child", child), started
    for _ in range(count):
        child.process.wait()
        starts, now = child.starts, now + alive
        watched.tend(now)
        died = now
        while child.starts == starts:
            now += 0.5
            watched.tend(now)
        yield now - died
    child.stop(5)


def test_a_child_that_dies_at_once_is_started_again_ever_more_slowly(started: float) -> None:
    assert list(pauses(Tiny("false"), started, 8)) == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_child_that_ends_well_is_started_again_too(started: float) -> None:
    assert list(pauses(Tiny("true"), started, 2)) == [1, 2]


def test_a_child_that_worked_for_a_while_is_started_again_at_once(started: float) -> None:
    assert list(pauses(Tiny("false"), started, 3, alive=100)) == [1, 1, 1]


def test_a_child_that_cannot_be_started_is_tried_again(started: float) -> None:
    child = Gone("false")
    watched = Watched("child", child)
    child.process.wait()
    for second in range(30):
        watched.tend(started + second)
    assert child.starts == 1
    child.command = "true"
    for second in range(30, 70):
        watched.tend(started + second)
    assert child.starts == 2
    child.stop(5)


def test_a_living_child_is_left_alone(started: float) -> None:
    child = Tiny("sleep 60")
    try:
        watched = Watched("child", child)
        for second in range(100):
            watched.tend(started + second)
        assert child.starts == 1
    finally:
        child.stop(5)
