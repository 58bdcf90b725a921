"""What a user may do only so often is counted before its body is read, and every answer to it tells
what is left (draft-ietf-httpapi-ratelimit-headers)."""

from math import ceil
from typing import Any

from dishka import AsyncContainer
from litestar import Request

from application.identity.ports import Caller
from application.operations.quotas import Allowance, CountUse, QuotaExceeded

METERED = "metered"  # the `opt` of routes that are counted, as which Metered
_ALLOWANCE = "allowance"


async def meter(request: Request[Any, Any, Any], caller: Caller) -> None:
    """Raises QuotaExceeded."""
    if (what := request.route_handler.opt.get(METERED)) is None:
        return
    state = request.scope["state"]
    container: AsyncContainer = state["container"]
    count = await container.get(CountUse)
    try:
        state[_ALLOWANCE] = await count(caller.actor, what)
    except QuotaExceeded as exceeded:
        state[_ALLOWANCE] = exceeded.allowance
        raise


def allowance_headers(state: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    allowance: Allowance | None = state.get(_ALLOWANCE)
    if allowance is None:
        return []
    what, window = allowance.what, int(allowance.window.total_seconds())
    renews = ceil(allowance.renews_in.total_seconds())
    return [
        (b"ratelimit-policy", f'"{what}";q={allowance.limit};w={window}'.encode()),
        (b"ratelimit", f'"{what}";r={allowance.remaining};t={renews}'.encode()),
    ]
