"""What libraries repeat is heard seldom."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from entrypoints.logs import Seldom


@pytest.fixture
def log() -> Iterator[StringIO]:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(Seldom())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def complain(name: str, text: str) -> None:
    logging.getLogger(name).error(text)


def test_a_place_that_repeats_itself_is_heard_once_whatever_it_says(log: StringIO) -> None:
    for batch in range(3):
        complain("opentelemetry.exporter", f"batch {batch} is lost")
    assert log.getvalue() == "batch 0 is lost\n"


def test_another_place_and_another_library_are_heard_too(log: StringIO) -> None:
    complain("opentelemetry.exporter", "a batch is lost")
    complain("langfuse", "a batch is lost")
    logging.getLogger("langfuse").error("the queue is full")
    assert log.getvalue() == "a batch is lost\na batch is lost\nthe queue is full\n"


def test_who_does_not_repeat_itself_is_always_heard(log: StringIO) -> None:
    for _ in range(2):
        complain("asyncpg", "a connection is lost")
    assert log.getvalue() == "a connection is lost\na connection is lost\n"
