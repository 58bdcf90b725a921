"""Sessions of browsers: tokens in cookies that no script can read, and what guards them.

A browser sends its cookies with whatever a foreign site makes it ask, so an unsafe request that is
known by its cookie must come from an origin of ours and carry the session's CSRF token.
"""

import base64
import binascii
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.types import HTTPScope
from msgspec import Struct

from application.identity.views import Login, TokenPair
from application.shared.ports import Crypto
from domain.identity.session import IDLE, SessionId
from domain.shared.errors import CannotDecrypt, Forbidden
from entrypoints.settings import Settings

_ACCESS, _REFRESH = "colonnade_access", "colonnade_refresh"
_REFRESH_PATH = "/api"
_PROOF = b"csrf"
NO_STORE = {"cache-control": "no-store"}

type AnyRequest = Request[Any, Any, Any]


class CsrfFailed(Forbidden):
    """An unsafe request by cookie that may come from a foreign site."""


class CsrfToken(Struct, frozen=True):
    """What `X-CSRF-Token` has to say; null without a session, which needs none."""

    csrf_token: str | None


class CookieNames(Struct, frozen=True):
    """As a browser knows them: the prefixes make it refuse cookies that another host planted."""

    access: str
    refresh: str

    @classmethod
    def of(cls, settings: Settings) -> "CookieNames":
        if not _is_secure(settings):
            return cls(_ACCESS, _REFRESH)
        return cls(f"__Host-{_ACCESS}", f"__Secure-{_REFRESH}")  # __Host- allows no path


def with_cookies[T](
    response: Response[T], tokens: Login | TokenPair, settings: Settings
) -> Response[T]:
    """`response`, and the tokens in cookies."""
    names, secure = CookieNames.of(settings), _is_secure(settings)
    for cookie in (
        Cookie(names.access, "/", tokens.access_token, tokens.expires_in, samesite="lax"),
        Cookie(
            names.refresh,
            _REFRESH_PATH,
            tokens.refresh_token,
            int(IDLE.total_seconds()),
            samesite="strict",
        ),
    ):
        cookie.httponly, cookie.secure = True, secure
        response.set_cookie(cookie)
    return response


def without_cookies[T](response: Response[T], settings: Settings) -> Response[T]:
    """`response`, which makes a browser forget the tokens."""
    names, secure = CookieNames.of(settings), _is_secure(settings)
    for name, path in ((names.access, "/"), (names.refresh, _REFRESH_PATH)):
        response.set_cookie(Cookie(name, path, "", 0, secure=secure, httponly=True))
    return response


def cookie(scope: HTTPScope, name: str) -> str | None:
    """The value of a cookie of the request; None also when there are two, of which one is not
    ours."""
    lines = [value for header, value in scope["headers"] if header == b"cookie"]
    pairs = [pair.partition(b"=") for line in lines for pair in line.split(b";")]
    found = [value.strip() for key, _, value in pairs if key.strip() == name.encode()]
    return found[0].decode("latin-1") if len(found) == 1 and found[0] else None


def csrf_token(crypto: Crypto, session_id: SessionId) -> str:
    """Good for the session's life, and for it alone."""
    sealed = crypto.encrypt(_PROOF, _place(session_id))
    return base64.urlsafe_b64encode(sealed).decode()


def check_origin(request: AnyRequest, settings: Settings) -> None:
    """Raises CsrfFailed when a browser says that the request comes from a site not ours."""
    origin = request.headers.get("origin")
    if request.headers.get("sec-fetch-site") == "same-origin":
        return
    if origin not in (None, _own_origin(settings), *settings.allowed_origins):
        raise CsrfFailed("this request does not come from an origin that may send it")


def check_csrf(
    request: AnyRequest, crypto: Crypto, settings: Settings, session_id: SessionId
) -> None:
    """Raises CsrfFailed unless both guards let an unsafe request by cookie pass."""
    if not {"origin", "sec-fetch-site"} & set(request.headers):
        raise CsrfFailed("a request by cookie needs the header Origin or Sec-Fetch-Site")
    check_origin(request, settings)
    try:
        sealed = base64.b64decode(request.headers.get("x-csrf-token", ""), b"-_", validate=True)
        if crypto.decrypt(sealed, _place(session_id)) == _PROOF:
            return
    except (binascii.Error, ValueError, CannotDecrypt):
        pass
    raise CsrfFailed("X-CSRF-Token is missing or not this session's: GET /api/v1/auth/csrf")


def _is_secure(settings: Settings) -> bool:
    return settings.base_url.startswith("https://")


def _own_origin(settings: Settings) -> str:
    parts = urlsplit(settings.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _place(session_id: SessionId) -> str:
    return f"csrf:{session_id}"
