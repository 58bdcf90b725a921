from typing import Any

from dishka import FromDishka
from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from application.identity.ports import Tokens
from application.identity.registration import SignUp
from application.identity.sessions import (
    Credentials,
    LogIn,
    LogOut,
    Refresh,
    RefreshSession,
)
from application.identity.users import Registration
from application.identity.views import KeySet, Login, RegistrationAccepted, TokenPair, UserView
from application.shared.actor import Actor, Client
from entrypoints.http.body import converted, decoded
from entrypoints.http.openapi import LoginOperation, problems

KIB = 1024
_NO_STORE = {"cache-control": "no-store"}
_ACCEPTED = {202: ResponseSpec(RegistrationAccepted, False, description="Accepted")}


@post(
    "/auth/register",
    summary="Open an account",
    request_max_body_size=16 * KIB,
    responses=problems(403, 409, 429, body=True) | _ACCEPTED,
)
async def register_user(
    data: JSONBody[Registration], client: FromDishka[Client], sign_up: FromDishka[SignUp]
) -> Response[UserView] | Response[RegistrationAccepted]:
    """Answers with the account. The e-mail is its name: one that is taken is `email_taken`. Where
    the operator wants nobody to find out who has an account (ANTI_ENUMERATION) it is always 202,
    and what became of it is told by mail. `registration_closed` where nobody may register."""
    user = await sign_up(data, client)
    if user is None:
        return Response(RegistrationAccepted(), status_code=202)
    return Response(user, headers={"location": "/api/v1/users/me"})


@post(
    "/auth/login",
    status_code=200,
    summary="Open a session",
    request_max_body_size=16 * KIB,
    operation_class=LoginOperation,
    responses=problems(401, 403, 429, body=True),
)
async def log_in(
    request: Request[Any, Any, Any], client: FromDishka[Client], log_in: FromDishka[LogIn]
) -> Response[Login]:
    """Takes JSON `{email, password}`, or the form `username`, `password` of OAuth 2, and with
    either a `device_name`. After five wrong passwords it is `account_locked` for 2 seconds, then
    4, and so on up to 15 minutes, whether there is such an account or not."""
    credentials = await _credentials(request)
    return Response(await log_in(credentials, client), headers=_NO_STORE)


@post(
    "/auth/refresh",
    status_code=200,
    summary="Exchange a refresh token",
    request_max_body_size=16 * KIB,
    responses=problems(401, body=True),
)
async def refresh_session(
    data: JSONBody[Refresh], client: FromDishka[Client], refresh: FromDishka[RefreshSession]
) -> Response[TokenPair]:
    """Gives the next refresh token and a new access token. A refresh token is good once; for 10
    seconds more it gives the same successor again, so that a lost answer loses no session. Older
    ones end the session: somebody else has a copy."""
    return Response(await refresh(data, client), headers=_NO_STORE)


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
        if "device_name" in form:
            body["device_name"] = form["device_name"]
        return converted(body, Credentials)
    raise HTTPException("send JSON or a form", status_code=415)


PUBLIC = [register_user, log_in, refresh_session, show_keys]
SECURED = [log_out]
