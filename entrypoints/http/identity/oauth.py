"""Signing in by an outside provider. The browser that starts keeps a cookie; without it nobody can
finish, whatever else they bring."""

from typing import Annotated, Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, delete, get
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from application.identity.connections import Disconnect, ListConnections
from application.identity.oauth import Callback, FinishSignIn, StartSignIn
from application.identity.views import ConnectionView, Login
from application.shared.actor import Actor, Client
from domain.identity.oauth import ConnectionId
from domain.identity.one_time_token import LIFETIME, Purpose
from entrypoints.http.auth import authenticated_if_told
from entrypoints.http.cookies import NO_STORE, with_cookies
from entrypoints.http.openapi import problems
from entrypoints.http.parameters import ANY_QUERY
from entrypoints.settings import Settings

# A handler's `state` would be Litestar's own.
_State = Annotated[str, QueryParameter(name="state")]


@get(
    "/auth/oauth/{provider:str}/start",
    status_code=302,
    summary="Sign in by a provider",
    before_request=authenticated_if_told,
    responses=problems(
        401, 403, "unknown_provider", "redirect_not_allowed", 429, "provider_unavailable"
    ),
)
async def start_sign_in(
    provider: FromPath[str],
    request: Request[Any, Any, Any],
    client: FromDishka[Client],
    settings: FromDishka[Settings],
    start: FromDishka[StartSignIn],
    redirect_to: FromQuery[str | None] = None,
) -> Redirect:
    """Sends a browser to the provider, which sends it back to `callback` within ten minutes. With
    an access token it connects the provider to the caller's account."""
    caller = request.scope["state"].get("caller")
    started = await start(caller and caller.actor, client, provider, redirect_to)
    binding = _cookie(settings, started.binding, LIFETIME[Purpose.OAUTH_STATE].seconds)
    return Redirect(started.url, status_code=302, headers=NO_STORE, cookies=[binding])


@get(
    "/auth/oauth/{provider:str}/callback",
    summary="Come back from a provider",
    opt={ANY_QUERY: True},  # providers send more than they were asked for: RFC 6749, 4.1.2
    responses=problems(
        "invalid_token",
        "invalid_proof",
        "provider_denied",
        "unverified_email",
        "account_inactive",
        "unknown_provider",
        "account_exists",
        "connection_taken",
        422,
        "provider_unavailable",
    ),
)
async def finish_sign_in(
    provider: FromPath[str],
    request: Request[Any, Any, Any],
    client: FromDishka[Client],
    settings: FromDishka[Settings],
    finish: FromDishka[FinishSignIn],
    given: _State = "",
    code: FromQuery[str | None] = None,
    error: FromQuery[str | None] = None,
) -> Response[Login]:
    """Opens a session, as a login does; a browser that was to go somewhere afterwards goes there
    with the session in its cookies. An address that the provider has verified opens the account
    that has it; one that was registered by somebody who never proved the address loses its
    password and sessions first."""
    binding = request.cookies.get(_cookie(settings).key, "")
    callback = Callback(provider=provider, state=given, binding=binding, code=code, error=error)
    finished = await finish(callback, client)
    if finished.redirect_to is None:
        return Response(finished.login, headers=NO_STORE, cookies=[_cookie(settings)])
    # A token never stands in an address: it would stay in histories and logs.
    sent = Redirect(
        finished.redirect_to, status_code=302, headers=NO_STORE, cookies=[_cookie(settings)]
    )
    onward: Response[Any] = with_cookies(sent, finished.login, settings)
    return onward


@get(
    "/auth/oauth/connections",
    summary="The providers that sign one in",
    responses=problems(401, 403),
)
async def list_connections(
    actor: FromDishka[Actor], listed: FromDishka[ListConnections]
) -> list[ConnectionView]:
    """Newest first."""
    return await listed(actor)


@delete(
    "/auth/oauth/connections/{connection_id:uuid}",
    summary="Disconnect a provider",
    responses=problems(401, 403, 404, "last_sign_in_method"),
)
async def disconnect_provider(
    connection_id: FromPath[UUID], actor: FromDishka[Actor], disconnect: FromDishka[Disconnect]
) -> None:
    """It signs the caller in no more. Not the last one of an account without a password."""
    await disconnect(actor, ConnectionId(connection_id))


def _cookie(settings: Settings, value: str = "", max_age: int = 0) -> Cookie:
    """Lax: the provider sends the browser back by a link, and with it must come the cookie."""
    secure = settings.base_url.startswith("https://")
    return Cookie(
        key="__Host-colonnade_oauth" if secure else "colonnade_oauth",
        value=value,
        max_age=max_age,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


PUBLIC = [start_sign_in, finish_sign_in]
SECURED = [list_connections, disconnect_provider]
