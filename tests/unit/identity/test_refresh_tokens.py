from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity.session import InvalidRefreshToken, SessionId, member, parse_refresh_token

keys = st.binary(min_size=32, max_size=32)
counters = st.integers(0, 2**32 - 1)


@given(st.uuids(), keys, counters)
def test_a_token_is_read_as_it_was_written(session: UUID, key: bytes, counter: int) -> None:
    token = member(SessionId(session), key, counter)
    assert parse_refresh_token(str(token)) == token


@given(st.uuids(), keys, counters, counters)
def test_members_of_a_family_differ(session: UUID, key: bytes, one: int, other: int) -> None:
    first, second = member(SessionId(session), key, one), member(SessionId(session), key, other)
    assert (first.hash == second.hash) == (one == other)


@given(st.text())
def test_anything_else_is_not_a_refresh_token(text: str) -> None:
    with pytest.raises(InvalidRefreshToken):
        parse_refresh_token(text)


def test_a_token_does_not_print_its_secret() -> None:
    token = member(SessionId(UUID(int=1)), b"k" * 32, 0)
    assert token.secret.hex() not in repr(token)
    assert str(token) not in repr(token)
