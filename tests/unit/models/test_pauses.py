"""How long a provider that has failed is left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.models.retry_after import retry_after
from application.models.dispatch import pause_after
from domain.models.errors import ModelBusy, ModelUnavailable

BACKOFF = timedelta(milliseconds=500)
DOWN = ModelUnavailable("down")
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@given(st.uuids(), st.integers(1, 3))
def test_each_pause_is_half_to_all_of_twice_the_one_before(attempt: UUID, tries: int) -> None:
    most = BACKOFF * 2 ** (tries - 1)
    assert most / 2 <= pause_after(tries, DOWN, BACKOFF, attempt) <= most


def test_attempts_that_failed_together_do_not_come_back_together() -> None:
    assert len({pause_after(1, DOWN, BACKOFF, uuid4()) for _ in range(100)}) > 90


@given(st.uuids())
def test_nobody_comes_back_before_the_time_the_provider_named(attempt: UUID) -> None:
    busy = ModelBusy("busy", timedelta(seconds=7))
    pause = pause_after(1, busy, BACKOFF, attempt)
    assert timedelta(seconds=7) < pause <= timedelta(seconds=7) + BACKOFF


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("60", MINUTE),
        ("0.2", timedelta(milliseconds=200)),
        ("0", timedelta()),
        ("Wed, 25 Nov 2026 08:01:00 GMT", MINUTE),
        ("Wednesday, 25-Nov-26 08:01:00 GMT", MINUTE),
        ("Wed, 25 Nov 2026 09:01:00 +0100", MINUTE),
        ("Wed, 25 Nov 2026 08:01:00 -0000", MINUTE),
        ("Wed, 25 Nov 2020 08:01:00 GMT", timedelta()),  # which is over
        ("Wed, 25 Nov 2099 08:01:00 GMT", timedelta(days=1)),
        ("1e400", timedelta(days=1)),
        *((nonsense, timedelta(seconds=1)) for nonsense in ("", "soon", "-5", "NaN", "7 seconds")),
    ],
)
def test_a_time_to_come_back_is_a_number_or_a_date(header: str, asked: timedelta) -> None:
    assert retry_after(header, NOW) == asked


@given(st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)))
def test_every_date_is_understood(date: datetime) -> None:
    whole = date.replace(microsecond=0)
    asked = min(max(whole - NOW, timedelta()), timedelta(days=1))
    assert retry_after(format_datetime(whole, usegmt=True), NOW) == asked


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]+ [A-Z][a-z]{2} [0-9]+ [0-9:]+ [+-][0-9]+"))
def test_no_header_breaks_an_answer(header: str) -> None:
    assert timedelta() <= retry_after(header, NOW) <= timedelta(days=1)
