from typing import Annotated
from uuid import UUID

from dishka import FromDishka
from litestar import HttpMethod, Response, delete, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, SkipValidation
from msgspec import Meta

from application.identity.administration import (
    AccountChange,
    ChangeUser,
    CreateUser,
    DeleteUser,
    ListUsers,
    NewUser,
    RestoreUser,
    ShowUser,
)
from application.identity.views import AccountView, UserFilter, UserOrder
from application.shared.actor import Actor
from application.shared.page import NumberedPage, Page, Paging
from application.shared.text import Text
from domain.shared.ids import UserId
from entrypoints.http.identity.profile import PROFILE
from entrypoints.http.openapi import problems

KIB = 1024
_USER = "/users/{user_id:uuid}"

type Part = Annotated[Text, Meta(min_length=1, max_length=100)]


@get("/users", summary="All accounts", responses=problems(401, 403, 422))
async def list_users(
    paging: NamedDependency[SkipValidation[Paging]],
    actor: FromDishka[Actor],
    list_: FromDishka[ListUsers],
    is_active: FromQuery[bool | None] = None,
    is_admin: FromQuery[bool | None] = None,
    deleted: FromQuery[bool] = False,
    q: FromQuery[Part | None] = None,
    sort: FromQuery[UserOrder] = UserOrder.NEWEST,
) -> Page[AccountView] | NumberedPage[AccountView] | list[AccountView]:
    """For administrators. `q` is a part of the e-mail or of a name. Pages are asked for by `size`
    and `after`, by `page` and `page_size` (which counts them all), or by `skip` and `limit` (which
    gives a bare array)."""
    return await list_(actor, UserFilter(is_active, is_admin, deleted, q, sort), paging)


@post(
    "/users",
    summary="Open an account for somebody",
    request_max_body_size=16 * KIB,
    responses=problems(
        401,
        403,
        "email_taken",
        "invalid_email",
        "weak_password",
        "invalid_timezone",
        "invalid_locale",
        body=True,
    ),
)
async def create_user(
    data: JSONBody[NewUser], actor: FromDishka[Actor], create: FromDishka[CreateUser]
) -> Response[AccountView]:
    """For administrators."""
    user = await create(actor, data)
    return Response(user, headers={"location": f"/api/v1/users/{user.id}"})


@get(_USER, summary="An account", responses=problems(401, 403, 404))
async def show_user(
    user_id: FromPath[UUID], actor: FromDishka[Actor], show: FromDishka[ShowUser]
) -> AccountView:
    """One's own; anybody's, deleted ones too, for administrators."""
    return await show(actor, UserId(user_id))


@route(
    _USER,
    http_method=[HttpMethod.PATCH, HttpMethod.PUT],
    status_code=200,
    summary="Change an account",
    responses=problems(
        401,
        403,
        404,
        "email_taken",
        "cannot_demote_self",
        "cannot_deactivate_self",
        "last_admin",
        "invalid_email",
        *PROFILE,
        body=True,
    ),
)
async def change_user(
    user_id: FromPath[UUID],
    data: JSONBody[AccountChange],
    actor: FromDishka[Actor],
    change: FromDishka[ChangeUser],
) -> AccountView:
    """What is sent is changed, null empties it, the rest stays. Administrators change anything of
    anybody's, others the profile of their own account. Who is demoted, deactivated or gets another
    e-mail is signed out everywhere."""
    return await change(actor, UserId(user_id), data)


@delete(
    _USER,
    summary="Delete somebody's account",
    responses=problems(401, 403, 404, "cannot_delete_self", "last_admin"),
)
async def delete_user(
    user_id: FromPath[UUID], actor: FromDishka[Actor], remove: FromDishka[DeleteUser]
) -> None:
    """For administrators. It is signed out everywhere, its e-mail is free; for 30 days it can be
    restored."""
    await remove(actor, UserId(user_id))


@post(
    f"{_USER}/deactivate",
    status_code=200,
    summary="Lock an account",
    responses=problems(401, 403, 404, "cannot_deactivate_self", "last_admin"),
)
async def deactivate_user(
    user_id: FromPath[UUID], actor: FromDishka[Actor], change: FromDishka[ChangeUser]
) -> AccountView:
    """For administrators. It is signed out everywhere, and cannot sign in."""
    return await change(actor, UserId(user_id), AccountChange(is_active=False))


@post(
    f"{_USER}/activate",
    status_code=200,
    summary="Unlock an account",
    responses=problems(401, 403, 404),
)
async def activate_user(
    user_id: FromPath[UUID], actor: FromDishka[Actor], change: FromDishka[ChangeUser]
) -> AccountView:
    """For administrators. It can sign in again."""
    return await change(actor, UserId(user_id), AccountChange(is_active=True))


@post(
    f"{_USER}/restore",
    status_code=200,
    summary="Bring a deleted account back",
    responses=problems(401, 403, 404, "email_taken", "restore_expired"),
)
async def restore_user(
    user_id: FromPath[UUID], actor: FromDishka[Actor], restore: FromDishka[RestoreUser]
) -> AccountView:
    """For administrators, within 30 days and while nobody else has its e-mail."""
    return await restore(actor, UserId(user_id))


SECURED = [
    list_users,
    create_user,
    show_user,
    change_user,
    delete_user,
    deactivate_user,
    activate_user,
    restore_user,
]
