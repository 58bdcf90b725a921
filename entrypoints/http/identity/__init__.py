"""The routes of identity. What is public stands in a PUBLIC list, and nowhere else."""

from entrypoints.http.auth import authenticated
from entrypoints.http.identity import auth, oauth, profile
from entrypoints.http.inject import Injected

public = Injected("/api/v1", route_handlers=[*auth.PUBLIC, *oauth.PUBLIC], tags=["identity"])
secured = Injected(
    "/api/v1",
    route_handlers=[*auth.SECURED, *oauth.SECURED, *profile.SECURED],
    before_request=authenticated,
    tags=["identity"],
    security=[{"bearer": []}],
)
root = Injected("/", route_handlers=[auth.show_keys], include_in_schema=False)
