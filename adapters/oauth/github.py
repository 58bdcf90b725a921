from typing import Any

import httpx
from msgspec import Struct

from adapters.oauth.application import Application, address_of, name_of, redeemed
from adapters.oauth.outside import Outside
from domain.identity.oauth import Attempt, Identity, InvalidProof
from domain.identity.user import Email


class Account(Struct, frozen=True):
    """`GET /user`. The login can be given away, the id cannot."""

    id: int
    name: str | None = None


class Address(Struct, frozen=True):
    """One of `GET /user/emails`."""

    email: str
    primary: bool
    verified: bool


class GitHubProvider:
    """OAuth 2 with PKCE; GitHub knows no id_token, so its API is asked who the token is for."""

    def __init__(
        self,
        us: Application,
        client: httpx.AsyncClient,
        *,
        web: str = "https://github.com",
        api: str = "https://api.github.com",
    ) -> None:
        self._us, self._web, self._api = us, web, api
        self._outside = Outside("github", client)

    async def address(self, attempt: Attempt) -> str:
        return self._us.question(f"{self._web}/login/oauth/authorize", "user:email", attempt)

    async def identity(self, code: str, attempt: Attempt) -> Identity:
        form = self._us.redemption(code, attempt) | {"client_secret": self._us.client_secret}
        answer = await redeemed(self._outside, f"{self._web}/login/oauth/access_token", form)
        if not isinstance(token := answer.get("access_token"), str):
            raise InvalidProof("the provider's code is not valid: start again")
        account: Account = await self._ask("/user", token, Account)
        address = await self._address(token)
        return Identity(
            issuer=self._web,
            subject=str(account.id),
            email=address,
            email_verified=address is not None,
            full_name=name_of(account.name),
        )

    async def _address(self, token: str) -> Email | None:
        """The primary one, if it is verified: GitHub lets anybody add any."""
        found: list[Address] = await self._ask("/user/emails", token, list[Address])
        good = (one.email for one in found if one.primary and one.verified)
        return address_of(next(good, None))

    async def _ask(self, path: str, token: str, kind: Any) -> Any:
        headers = {
            "authorization": f"Bearer {token}",
            "accept": "application/vnd.github+json",
            "x-github-api-version": "2022-11-28",
            "user-agent": "Colonnade",
        }
        return await self._outside.send("GET", self._api + path, kind, headers=headers)
