from typing import Any

from dishka import FromDishka
from litestar import HttpMethod, Request, get, route
from litestar.params import JSONBody

from application.identity.profile import ProfileChange, UpdateProfile
from application.identity.views import UserView
from application.shared.actor import Actor
from entrypoints.http.auth import OPEN_TO_KEYS, caller_of
from entrypoints.http.openapi import problems

_ME = ["/users/me", "/auth/me"]
# What can be wrong with a profile.
PROFILE = (
    "invalid_timezone",
    "invalid_locale",
    "invalid_url",
    "invalid_retention",
    "invalid_preferences",
)


@get(
    _ME,
    summary="The caller's own account",
    responses=problems(401, 403),
    opt={OPEN_TO_KEYS: True},
)
async def show_me(request: Request[Any, Any, Any]) -> UserView:
    """The account that the token belongs to."""
    return caller_of(request).user


@route(
    _ME,
    http_method=[HttpMethod.PATCH, HttpMethod.PUT],
    status_code=200,
    summary="Change one's own profile",
    responses=problems(401, 403, *PROFILE, body=True),
    opt={OPEN_TO_KEYS: True},
)
async def update_profile(
    data: JSONBody[ProfileChange], actor: FromDishka[Actor], update: FromDishka[UpdateProfile]
) -> UserView:
    """What is sent is changed, null empties it, the rest stays: with PUT as with PATCH."""
    return await update(actor, data)


SECURED = [show_me, update_profile]
