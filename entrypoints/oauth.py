"""The providers of the settings, and where they send browsers back to."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
from dishka import Provider, Scope, provide

from adapters.oauth.application import Application
from adapters.oauth.github import GitHubProvider
from adapters.oauth.openid import OpenIdProvider
from adapters.oauth.outside import PATIENCE
from adapters.oauth.providers import ConfiguredProviders
from application.identity.oauth_ports import IdentityProvider, IdentityProviders
from domain.identity.oauth import ReturnTargets
from entrypoints.settings import Settings

_GOOGLE = "https://accounts.google.com"


class OAuth(Provider):
    """IdentityProviders and ReturnTargets, as configured."""

    scope = Scope.APP

    @provide
    async def providers(self, settings: Settings) -> AsyncIterator[IdentityProviders]:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            yield ConfiguredProviders(_configured(settings, client))

    @provide
    def targets(self, settings: Settings) -> ReturnTargets:
        own = urlsplit(settings.base_url)
        return ReturnTargets((f"{own.scheme}://{own.netloc}", *(settings.oauth_redirects or ())))


def _configured(settings: Settings, client: httpx.AsyncClient) -> dict[str, IdentityProvider]:
    found: dict[str, IdentityProvider] = {}
    if settings.google_client_id and settings.google_client_secret:
        us = _us(settings, "google", settings.google_client_id, settings.google_client_secret)
        found["google"] = OpenIdProvider("google", _GOOGLE, us, client)
    if settings.github_client_id and settings.github_client_secret:
        us = _us(settings, "github", settings.github_client_id, settings.github_client_secret)
        found["github"] = GitHubProvider(us, client)
    if settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret:
        name = settings.oidc_name
        us = _us(settings, name, settings.oidc_client_id, settings.oidc_client_secret)
        found[name] = OpenIdProvider(name, settings.oidc_issuer, us, client)
    return found


def _us(settings: Settings, name: str, client_id: str, client_secret: str) -> Application:
    callback = f"{settings.base_url.rstrip('/')}/api/v1/auth/oauth/{name}/callback"
    return Application(client_id, client_secret, callback)
