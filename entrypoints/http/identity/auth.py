from typing import Any

from dishka import FromDishka
from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import JSONBody

from application.identity.ports import Tokens
from application.identity.sessions import (
    Credentials,
    LogIn,
    LogOut,
    Refresh,
    RefreshSession,
)
from application.identity.users import RegisterUser, Registration
from application.identity.views import KeySet, Login, TokenPair, UserView
from application.shared.actor import Actor, Client
from entrypoints.http.body import converted, decoded
from entrypoints.http.openapi import LoginOperation, problems

KIB = 1024
_NO_STORE = {"cache-control": "no-store"}


@post(
    "/auth/register",
    summary="Open an account",
    request_max_body_size=16 * KIB,
    responses=problems(
        "email_taken",
        "invalid_email",
        "invalid_timezone",
        "invalid_locale",
        "weak_password",
        body=True,
    ),
)
async def register_user(
    data: JSONBody[Registration], register: FromDishka[RegisterUser]
) -> Response[UserView]:
    """Answers with the account. The e-mail is its name: one that is taken is `email_taken`."""
    return Response(await register(data), headers={"location": "/api/v1/users/me"})


@post(
    "/auth/login",
    status_code=200,
    summary="Open a session",
    request_max_body_size=16 * KIB,
    operation_class=LoginOperation,
    responses=problems("invalid_credentials", "account_inactive", body=True),
)
async def log_in(
    request: Request[Any, Any, Any], client: FromDishka[Client], log_in: FromDishka[LogIn]
) -> Response[Login]:
    """Takes JSON `{email, password}`, or the form `username`, `password` of OAuth 2."""
    credentials = await _credentials(request)
    return Response(await log_in(credentials, client), headers=_NO_STORE)


@post(
    "/auth/refresh",
    status_code=200,
    summary="Exchange a refresh token",
    request_max_body_size=16 * KIB,
    responses=problems("invalid_refresh_token", body=True),
)
async def refresh_session(
    data: JSONBody[Refresh], refresh: FromDishka[RefreshSession]
) -> Response[TokenPair]:
    """Gives the next refresh token and a new access token. A refresh token is good once; for 10
    seconds more it gives the same successor again, so that a lost answer loses no session."""
    return Response(await refresh(data), headers=_NO_STORE)


@get("/.well-known/jwks.json", summary="The keys that verify access tokens")
async def show_keys(tokens: FromDishka[Tokens]) -> KeySet:
    """A JSON Web Key Set (RFC 7517)."""
    return tokens.public_keys()


@post("/auth/logout", status_code=204, summary="End the session", responses=problems(401, 403))
async def log_out(actor: FromDishka[Actor], log_out: FromDishka[LogOut]) -> None:
    """Its access and refresh tokens are dead from the next request on."""
    await log_out(actor)


async def _credentials(request: Request[Any, Any, Any]) -> Credentials:
    kind, _ = request.content_type
    if kind == "application/json":
        return decoded(await request.body(), Credentials)
    if kind == "application/x-www-form-urlencoded":
        form = await request.form()
        body = {"email": form.get("username"), "password": form.get("password")}
        return converted(body, Credentials)
    raise HTTPException("send JSON or a form", status_code=415)


PUBLIC = [register_user, log_in, refresh_session, show_keys]
SECURED = [log_out]
