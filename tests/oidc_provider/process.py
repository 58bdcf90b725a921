"""Starts the provider, and tells it what to do."""

import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from dishka import Provider, Scope, provide

from adapters.oauth.application import Application
from adapters.oauth.github import GitHubProvider
from adapters.oauth.openid import OpenIdProvider
from adapters.oauth.providers import ConfiguredProviders
from application.identity.oauth_ports import IdentityProviders
from domain.identity.oauth import ReturnTargets

# Nothing here is https, and the certificates of the world take longer to load than a test runs.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CLIENT_ID, CLIENT_SECRET = "colonnade", "s3cret/with:odd characters"
BASE = "http://colonnade"
CALLBACK = BASE + "/api/v1/auth/oauth/{}/callback"


class ProviderProcess:
    """The running provider."""

    def __init__(self, url: str) -> None:
        self.url = url

    def will(self, misbehave: str = "", **user: Any) -> None:
        """Sign in Ada, with these claims changed, and do this wrong."""
        self._tell({"misbehave": misbehave, "user": user})

    def rotate(self, algorithm: str = "ES256") -> None:
        self._tell({"rotate": algorithm})

    def seen(self) -> list[str]:
        """The paths that were asked for since `will`."""
        seen: list[str] = self._tell({"seen": True})["seen"]
        return seen

    def _tell(self, told: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/control", data={"told": json.dumps(told)}, verify=PLAIN)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found


@contextmanager
def running() -> Iterator[ProviderProcess]:
    command = [sys.executable, str(Path(__file__).with_name("__main__.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            yield ProviderProcess(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


class ProvidersOf(Provider):
    """The adapters of production, which believe that a process of the test is the provider."""

    scope = Scope.APP

    def __init__(self, process: ProviderProcess) -> None:
        super().__init__()
        self._url = process.url

    @provide
    async def providers(self) -> AsyncIterator[IdentityProviders]:
        async with httpx.AsyncClient(verify=PLAIN) as client:
            us = [
                Application(CLIENT_ID, CLIENT_SECRET, CALLBACK.format(n))
                for n in ("oidc", "github")
            ]
            yield ConfiguredProviders(
                {
                    "oidc": OpenIdProvider("oidc", self._url, us[0], client),
                    "github": GitHubProvider(us[1], client, web=self._url, api=self._url),
                }
            )

    @provide
    def targets(self) -> ReturnTargets:
        return ReturnTargets((BASE, "https://app.example/signed-in"))
