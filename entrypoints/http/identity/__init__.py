"""The routes of identity. What is public stands in a PUBLIC list, and nowhere else; what is secured
wants a session, unless the handler says that API keys open it too."""

from entrypoints.http.auth import authenticated
from entrypoints.http.identity import (
    account,
    administration,
    api_keys,
    audit,
    auth,
    emails,
    oauth,
    passwords,
    privacy,
    profile,
    sessions,
)
from entrypoints.http.inject import Injected

_PUBLIC = [*auth.PUBLIC, *passwords.PUBLIC, *emails.PUBLIC, *oauth.PUBLIC]
_SECURED = [
    *auth.SECURED,
    *sessions.SECURED,
    *passwords.SECURED,
    *emails.SECURED,
    *api_keys.SECURED,
    *oauth.SECURED,
    *privacy.SECURED,
    *profile.SECURED,
    *account.SECURED,
    *administration.SECURED,
    *audit.SECURED,
]
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}]

public = Injected("/api/v1", route_handlers=_PUBLIC, tags=["identity"])
secured = Injected(
    "/api/v1",
    route_handlers=_SECURED,
    before_request=authenticated,
    tags=["identity"],
    security=_SECURITY,
)
root = Injected("/", route_handlers=[auth.show_keys], include_in_schema=False)

# The paths that LunchTogether's clients know: /api/auth/* and /api/users/*. Sign-in by providers is
# not among them, for a provider returns to one registered address.
aliases = Injected(
    "/api",
    route_handlers=[*auth.ALIASES, *passwords.PUBLIC, *emails.PUBLIC],
    include_in_schema=False,
)
secured_aliases = Injected(
    "/api",
    route_handlers=[
        *sessions.SECURED,
        *passwords.SECURED,
        *emails.SECURED,
        *api_keys.SECURED,
        *profile.SECURED,
        account.delete_account,
        *administration.SECURED,
    ],
    before_request=authenticated,
    security=_SECURITY,
    include_in_schema=False,
)

ROUTERS = [public, secured, root, aliases, secured_aliases]
