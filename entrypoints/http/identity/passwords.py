from dishka import FromDishka
from litestar import post
from litestar.params import JSONBody

from application.identity.passwords import (
    ChangePassword,
    Forgotten,
    PasswordChange,
    PasswordReset,
    RequestPasswordReset,
    ResetPassword,
)
from application.identity.views import Acknowledged
from application.shared.actor import Actor, Client
from entrypoints.http.openapi import problems

KIB = 1024


@post(
    "/auth/password/forgot",
    status_code=202,
    summary="Ask for a new password",
    request_max_body_size=16 * KIB,
    responses=problems(body=True),
)
async def request_password_reset(
    data: JSONBody[Forgotten], ask: FromDishka[RequestPasswordReset]
) -> Acknowledged:
    """Always the same answer. If the address has an account, a letter with a link goes there; at
    most three an hour."""
    await ask(data)
    return Acknowledged("if the address has an account, a letter is on its way")


@post(
    "/auth/password/reset",
    status_code=200,
    summary="Choose a new password with a letter's token",
    request_max_body_size=16 * KIB,
    responses=problems(body=True),
)
async def reset_password(
    data: JSONBody[PasswordReset], client: FromDishka[Client], reset: FromDishka[ResetPassword]
) -> Acknowledged:
    """The token works once, within an hour. Every session ends."""
    await reset(data, client)
    return Acknowledged("the password is reset: sign in with it")


@post(
    "/auth/password/change",
    status_code=200,
    summary="Choose a new password",
    request_max_body_size=16 * KIB,
    responses=problems(401, 403, body=True),
)
async def change_password(
    data: JSONBody[PasswordChange], actor: FromDishka[Actor], change: FromDishka[ChangePassword]
) -> Acknowledged:
    """A wrong current password is `invalid_credentials`. Every other session ends."""
    await change(actor, data)
    return Acknowledged("the password is changed")


# As the source plans call them.
ask_by_alias = post(
    "/auth/reset-password",
    status_code=202,
    request_max_body_size=16 * KIB,
    include_in_schema=False,
)(request_password_reset.fn)
reset_by_alias = post(
    "/auth/reset-password/confirm",
    status_code=200,
    request_max_body_size=16 * KIB,
    include_in_schema=False,
)(reset_password.fn)
change_by_alias = post(
    "/auth/change-password",
    status_code=200,
    request_max_body_size=16 * KIB,
    include_in_schema=False,
)(change_password.fn)

PUBLIC = [request_password_reset, reset_password, ask_by_alias, reset_by_alias]
SECURED = [change_password, change_by_alias]
