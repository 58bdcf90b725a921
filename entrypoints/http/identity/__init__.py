"""The routes of identity. What is public stands in a PUBLIC list, and nowhere else; what is secured
wants a session, save for the profile, which API keys open too."""

from entrypoints.http.auth import authenticated, signed_in
from entrypoints.http.identity import (
    account,
    administration,
    api_keys,
    audit,
    auth,
    emails,
    passwords,
    privacy,
    profile,
    sessions,
)
from entrypoints.http.inject import Injected

_PUBLIC = [*auth.PUBLIC, *passwords.PUBLIC, *emails.PUBLIC]
_SESSIONS_ONLY = [
    *auth.SECURED,
    *sessions.SECURED,
    *passwords.SECURED,
    *emails.SECURED,
    *api_keys.SECURED,
    *privacy.SECURED,
    *account.SECURED,
    *administration.SECURED,
    *audit.SECURED,
]
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]

public = Injected("/api/v1", route_handlers=_PUBLIC, tags=["identity"])
secured = Injected(
    "/api/v1",
    route_handlers=_SESSIONS_ONLY,
    before_request=signed_in,
    tags=["identity"],
    security=_SECURITY,
)
secured_for_keys = Injected(
    "/api/v1",
    route_handlers=[*profile.SECURED],
    before_request=authenticated,
    tags=["identity"],
    security=_SECURITY,
)
root = Injected("/", route_handlers=[auth.show_keys], include_in_schema=False)

# The paths that LunchTogether's clients know.
aliases = Injected("/api", route_handlers=[*auth.ALIASES], include_in_schema=False)
secured_aliases = Injected(
    "/api",
    route_handlers=[*profile.SECURED],
    before_request=authenticated,
    security=_SECURITY,
    include_in_schema=False,
)

ROUTERS = [public, secured, secured_for_keys, root, aliases, secured_aliases]
