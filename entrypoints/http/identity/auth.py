from contextlib import suppress
from typing import Annotated, Any

from dishka import FromDishka
from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import JSONBody, QueryParameter

from application.identity.ports import Tokens
from application.identity.registration import SignUp
from application.identity.sessions import (
    Credentials,
    IdentifySession,
    LogIn,
    LogOut,
    Refresh,
    RefreshSession,
)
from application.identity.users import Registration
from application.identity.views import (
    BrowserSession,
    KeySet,
    Login,
    RegistrationAccepted,
    TokenPair,
    UserView,
)
from application.shared.actor import Actor, Client
from application.shared.ports import Crypto
from domain.identity.session import InvalidRefreshToken, SessionId, parse_refresh_token
from domain.shared.errors import Unauthenticated
from entrypoints.http.auth import AnyRequest, caller_by_token, known
from entrypoints.http.body import converted, decoded, json_body
from entrypoints.http.cookies import (
    NO_STORE,
    CookieNames,
    CsrfToken,
    check_csrf,
    check_origin,
    cookie,
    csrf_token,
    with_cookies,
    without_cookies,
)
from entrypoints.http.openapi import LoginOperation, RefreshOperation, answers, problems
from entrypoints.settings import Settings

KIB = 1024


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
        "registration_closed",
        429,
        body=True,
    )
    | answers(202, RegistrationAccepted, "What became of it is told by mail"),
)
async def register_user(
    data: JSONBody[Registration], client: FromDishka[Client], sign_up: FromDishka[SignUp]
) -> Response[UserView]:
    """Answers with the account. The e-mail is its name: one that is taken is `email_taken`. Where
    the operator wants nobody to find out who has an account (ANTI_ENUMERATION) it is always 202,
    and what became of it is told by mail. `registration_closed` where nobody may register."""
    user = await sign_up(data, client)
    if user is None:
        accepted: Response[Any] = Response(RegistrationAccepted(), status_code=202)
        return accepted
    return Response(user, headers={"location": "/api/v1/users/me"})


@post(
    "/auth/login",
    status_code=200,
    summary="Open a session",
    request_max_body_size=16 * KIB,
    operation_class=LoginOperation,
    responses=problems(
        "invalid_credentials", "account_inactive", "csrf_failed", "account_locked", 429, body=True
    ),
)
async def log_in(
    request: Request[Any, Any, Any],
    client: FromDishka[Client],
    log_in: FromDishka[LogIn],
    settings: FromDishka[Settings],
    in_cookies: Annotated[bool, QueryParameter(name="cookies")] = False,
) -> Response[Login | BrowserSession]:
    """Takes JSON `{email, password}`, or the form `username`, `password` of OAuth 2, and with
    either a `device_name`. With `?cookies=true` a browser gets the tokens as cookies that no script
    can read, and not in the body; where the server's `COOKIE_AUTH` is on, everybody does. After
    five wrong passwords it is `account_locked` for 2 seconds, then 4, and so on up to 15 minutes,
    whether there is such an account or not."""
    if not (in_cookies or settings.cookie_auth):
        login = await log_in(await _credentials(request), client)
        return Response(login, headers=NO_STORE)
    check_origin(request, settings)
    login = await log_in(await _credentials(request), client)
    body = BrowserSession(login.expires_in, user=login.user)
    answer: Response[Login | BrowserSession] = Response(body, headers=NO_STORE)
    return with_cookies(answer, login, settings)


@post("/auth/login", status_code=200, request_max_body_size=16 * KIB)
async def log_in_both_ways(
    request: Request[Any, Any, Any],
    client: FromDishka[Client],
    log_in: FromDishka[LogIn],
    settings: FromDishka[Settings],
) -> Response[Login]:
    """As LunchTogether's clients want it: the tokens in cookies, and in the body as well."""
    check_origin(request, settings)
    login = await log_in(await _credentials(request), client)
    return with_cookies(Response(login, headers=NO_STORE), login, settings)


@post(
    "/auth/refresh",
    status_code=200,
    summary="Exchange a refresh token",
    request_max_body_size=16 * KIB,
    operation_class=RefreshOperation,
    responses=problems("invalid_refresh_token", "csrf_failed", body=True),
)
async def refresh_session(
    request: Request[Any, Any, Any],
    client: FromDishka[Client],
    refresh: FromDishka[RefreshSession],
    settings: FromDishka[Settings],
    crypto: FromDishka[Crypto],
) -> Response[TokenPair | BrowserSession]:
    """Gives the next refresh token and a new access token. A refresh token is good once; for 10
    seconds more it gives the same successor again, so that a lost answer loses no session; older ones
    end the session, for somebody else has a copy. Without a body it is the cookie's, which wants `X-CSRF-Token`, and the new ones are cookies too."""
    if await request.body():
        pair = await refresh(await json_body(request, Refresh), client)
        return Response(pair, headers=NO_STORE)
    presented = cookie(request.scope, CookieNames.of(settings).refresh)
    if presented is None:
        raise InvalidRefreshToken("send a refresh token, in the body or as the cookie")
    session_id = parse_refresh_token(presented).session_id
    check_csrf(request, crypto, settings, session_id)
    pair = await refresh(Refresh(presented), client)
    answer: Response[TokenPair | BrowserSession] = Response(
        BrowserSession(pair.expires_in), headers=NO_STORE
    )
    return with_cookies(answer, pair, settings)


@get("/auth/csrf", summary="The CSRF token of the session in the cookie")
async def show_csrf_token(
    request: Request[Any, Any, Any],
    identify: FromDishka[IdentifySession],
    crypto: FromDishka[Crypto],
    settings: FromDishka[Settings],
) -> Response[CsrfToken]:
    """What `X-CSRF-Token` has to say in every request by cookie that changes something. It is good
    as long as the session; null without one."""
    actor = await _actor_of_cookies(request, identify, settings)
    token = csrf_token(crypto, SessionId(actor.session_id)) if actor and actor.session_id else None
    return Response(CsrfToken(token), headers=NO_STORE)


@get("/.well-known/jwks.json", summary="The keys that verify access tokens")
async def show_keys(tokens: FromDishka[Tokens]) -> KeySet:
    """A JSON Web Key Set (RFC 7517)."""
    return tokens.public_keys()


@post("/auth/logout", status_code=204, summary="End the session", responses=problems(401, 403))
async def log_out(
    request: Request[Any, Any, Any],
    log_out: FromDishka[LogOut],
    identify: FromDishka[IdentifySession],
    crypto: FromDishka[Crypto],
    settings: FromDishka[Settings],
) -> Response[None]:
    """Its access and refresh tokens are dead from the next request on, and a browser forgets its
    cookies. A browser whose session is over already may say so too."""
    if request.headers.get("authorization"):
        caller = await known(request)
        actor = caller.actor if caller else None
    else:
        actor = await _actor_of_cookies(request, identify, settings)
        if actor and actor.session_id:
            check_csrf(request, crypto, settings, SessionId(actor.session_id))
    if actor is not None:
        await log_out(actor)
    return without_cookies(Response(None), settings)


async def _credentials(request: Request[Any, Any, Any]) -> Credentials:
    kind, _ = request.content_type
    if kind == "application/json":
        return decoded(await request.body(), Credentials)
    if kind == "application/x-www-form-urlencoded":
        form = await request.form()
        if missing := [name for name in ("username", "password") if name not in form]:
            wrong = [{"message": f"Object missing required field `{name}`"} for name in missing]
            raise ValidationException(extra=wrong)
        body = {"email": form["username"], "password": form["password"]}
        if "device_name" in form:
            body["device_name"] = form["device_name"]
        return converted(body, Credentials)
    raise HTTPException("send JSON or a form", status_code=415)


async def _actor_of_cookies(
    request: AnyRequest, identify: IdentifySession, settings: Settings
) -> Actor | None:
    """Whose session the cookies are: the access cookie's, or when that has expired, the refresh
    cookie's; None when there is none, or a bad one."""
    names = CookieNames.of(settings)
    if token := cookie(request.scope, names.access):
        with suppress(Unauthenticated):
            return (await caller_by_token(request, token)).actor
    if token := cookie(request.scope, names.refresh):
        with suppress(Unauthenticated):
            return await identify(Refresh(token))
    return None


PUBLIC = [register_user, log_in, refresh_session, log_out, show_csrf_token, show_keys]
SECURED: list[Any] = []
ALIASES = [register_user, log_in_both_ways, refresh_session, log_out, show_csrf_token]
