from typing import Any

from litestar import Request, get

from application.identity.views import UserView
from entrypoints.http.auth import caller_of
from entrypoints.http.openapi import problems


@get(
    ["/users/me", "/auth/me"],
    summary="The caller's own account",
    responses=problems(401, 403),
)
async def show_me(request: Request[Any, Any, Any]) -> UserView:
    """The account that the token belongs to."""
    return caller_of(request).user


SECURED = [show_me]
