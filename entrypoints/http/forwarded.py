"""Who really asks, when a reverse proxy stands between."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from litestar.types import HTTPScope

type Networks = tuple[IPv4Network | IPv6Network, ...]


def client_address(scope: HTTPScope, trusted: Networks) -> str | None:
    """The peer; or, when that is a proxy of ours, the last hop of X-Forwarded-For that is not.
    Whatever stands before that hop is what the client claims, and may be made up."""
    peer = scope["client"][0] if scope["client"] else None
    if not trusted or peer is None or not _is_trusted(peer, trusted):
        return peer
    nearest = peer
    for hop in _hops(scope["headers"]):
        if (address := _address(hop)) is None:
            break
        nearest = address
        if not _is_trusted(address, trusted):
            break
    return nearest


def _hops(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """The nearest first."""
    values = [value for name, value in headers if name == b"x-forwarded-for"]
    return [hop.strip() for hop in b",".join(values).decode("latin-1").split(",")][::-1]


@lru_cache(1024)
def _is_trusted(text: str, trusted: Networks) -> bool:
    address = _address(text)
    return address is not None and any(ip_address(address) in network for network in trusted)


def _address(text: str) -> str | None:
    """In its shortest form. None for anything else, and for a zone, which means nothing to us."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return str(address.ipv4_mapped or address)
    return str(address)
