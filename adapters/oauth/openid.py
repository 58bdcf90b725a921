from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from msgspec import Struct

from adapters.oauth import id_token
from adapters.oauth.application import Application, address_of, name_of, redeemed
from adapters.oauth.id_token import Claims, KeySet
from adapters.oauth.outside import Cached, Outside
from domain.identity.oauth import Attempt, Identity, InvalidProof


class Discovery(Struct, frozen=True):
    """What a provider tells of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)

    def endpoints(self) -> list[str]:
        return [
            self.authorization_endpoint,
            self.token_endpoint,
            self.jwks_uri,
            *([self.userinfo_endpoint] if self.userinfo_endpoint else []),
        ]


class OpenIdProvider:
    """Any issuer of OpenID Connect, Google among them: code flow, PKCE, nonce, signed id_token."""

    def __init__(self, name: str, issuer: str, us: Application, client: httpx.AsyncClient) -> None:
        self._issuer, self._us = issuer, us
        self._outside = Outside(name, client)
        self._discovery = Cached(self._discover)
        self._keys = Cached(self._fetch_keys)

    async def address(self, attempt: Attempt) -> str:
        endpoint = (await self._discovery.get()).authorization_endpoint
        return self._us.question(endpoint, "openid email profile", attempt, nonce=attempt.nonce)

    async def identity(self, code: str, attempt: Attempt) -> Identity:
        found = await self._discovery.get()
        answer = await self._redeemed(found, code, attempt)
        claims = await id_token.read(
            str(answer.get("id_token")),
            self._keys,
            issuer=self._issuer,
            client_id=self._us.client_id,
            nonce=attempt.nonce,
        )
        if "email" not in claims and found.userinfo_endpoint:
            claims |= await self._profile(found.userinfo_endpoint, answer, claims["sub"])
        return Identity(
            issuer=self._issuer,
            subject=claims["sub"],
            email=address_of(claims.get("email")),
            email_verified=claims.get("email_verified") in (True, "true"),  # some write a string
            full_name=name_of(claims.get("name")),
        )

    async def _redeemed(self, found: Discovery, code: str, attempt: Attempt) -> Any:
        form, more = self._us.redemption(code, attempt), dict[str, Any]()
        if "client_secret_basic" in found.token_endpoint_auth_methods_supported:
            pair = quote(self._us.client_id, safe=""), quote(self._us.client_secret, safe="")
            more = {"auth": pair}
        else:
            form["client_secret"] = self._us.client_secret
        return await redeemed(self._outside, found.token_endpoint, form, **more)

    async def _profile(self, endpoint: str, answer: Any, subject: str) -> Claims:
        """What the provider keeps out of its tokens. It must speak of the same person."""
        headers = {"authorization": f"Bearer {answer.get('access_token')}"}
        profile: Claims = await self._outside.send("GET", endpoint, dict, headers=headers)
        if profile.get("sub") != subject:
            raise InvalidProof("the provider speaks of somebody else: start again")
        return {name: profile.get(name) for name in ("email", "email_verified", "name")}

    async def _discover(self) -> Discovery:
        url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        found = await self._outside.send("GET", url, Discovery)
        if found.issuer != self._issuer:
            raise self._outside.unavailable(f"it calls itself {found.issuer[:100]}")
        schemes = {urlsplit(endpoint).scheme for endpoint in found.endpoints()}
        if not schemes <= {"https", urlsplit(self._issuer).scheme}:
            raise self._outside.unavailable("an endpoint is not https")
        return found

    async def _fetch_keys(self) -> KeySet:
        return await self._outside.send("GET", (await self._discovery.get()).jwks_uri, KeySet)
