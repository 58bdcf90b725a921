from typing import Any

from dishka import FromDishka
from litestar import HttpMethod, Request, delete, get, put, route
from litestar.params import JSONBody

from application.files.exports import Purpose
from application.identity.avatar import RemoveAvatar, SetAvatar
from application.identity.profile import ProfileChange, UpdateProfile
from application.identity.views import UserView
from application.operations.quotas import Metered
from application.shared.actor import Actor
from entrypoints.http.auth import OPEN_TO_KEYS, caller_of
from entrypoints.http.idempotency import STREAMS
from entrypoints.http.metering import METERED
from entrypoints.http.openapi import AvatarOperation, problems
from entrypoints.http.uploads import UPLOAD, form_of, only_file_in

MIB = 1024 * 1024
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


@put(
    "/users/me/avatar",
    summary="Set one's own picture",
    request_max_body_size=11 * MIB,
    operation_class=AvatarOperation,
    responses=problems(401, 403, *UPLOAD, body=True),
    opt={OPEN_TO_KEYS: True, STREAMS: True, METERED: Metered.UPLOADS},
)
async def set_avatar(
    request: Request[Any, Any, Any], actor: FromDishka[Actor], change: FromDishka[SetAvatar]
) -> UserView:
    """Takes PNG, JPEG, WebP and GIF of up to 10 MiB. `avatar_url` is where it is, for its owner; the
    picture of before is gone."""
    sent = only_file_in(await form_of(request, Purpose.AVATAR))
    return await change(actor, sent)


@delete(
    "/users/me/avatar",
    summary="Remove one's own picture",
    responses=problems(401, 403),
    opt={OPEN_TO_KEYS: True},
)
async def remove_avatar(actor: FromDishka[Actor], remove: FromDishka[RemoveAvatar]) -> None:
    """It is gone at once."""
    await remove(actor)


SECURED = [show_me, update_profile, set_avatar, remove_avatar]
