"""Whom a request is counted under: what headers say is believed of our own proxies only."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.http.forwarded import client_address

NONE: tuple[Any, ...] = ()
OURS = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def found(peer: str | None, *headers: str, trusted: tuple[Any, ...] = OURS) -> str | None:
    scope: Any = {
        "client": (peer, 1) if peer else None,
        "headers": [(b"x-forwarded-for", header.encode()) for header in headers],
    }
    return client_address(scope, trusted)


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        ("10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.7, 10.0.0.9"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1", "192.0.2.7,10.0.0.9"], "192.0.2.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["2001:DB8::0:7"], "2001:db8::7"),
        ("10.0.0.1", ["::ffff:192.0.2.7"], "192.0.2.7"),
        ("::ffff:10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("fd00::1", ["192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.7, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.7, nonsense, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["fe80::1%" + "a" * 500], "10.0.0.1"),
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.1, 10.0.0.1"], "192.0.2.1"),
        (None, ["198.51.100.1"], None),
    ],
)
def test_the_last_hop_that_is_not_ours_asks(
    peer: str | None, headers: list[str], address: str | None
) -> None:
    assert found(peer, *headers) == address


@given(st.text(st.characters(max_codepoint=255)))
def test_without_proxies_of_ours_the_header_says_nothing(header: str) -> None:
    assert found("10.0.0.1", header, trusted=NONE) == "10.0.0.1"


@given(st.lists(st.ip_addresses().map(str) | st.text(max_size=20)))
def test_what_a_client_puts_first_does_not_matter(made_up: list[str]) -> None:
    assert found("10.0.0.1", ",".join([*made_up, "192.0.2.7"])) == "192.0.2.7"
