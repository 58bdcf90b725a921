"""Calls to services that are not ours: slow, absent or wrong, until they show otherwise."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import structlog

from domain.identity.oauth import ProviderUnavailable

PATIENCE = 10.0  # seconds for a whole call, whatever it waits for
_LIFETIME = 3600.0  # seconds that what was fetched is good
_PAUSE = 60.0  # seconds between fetches that a stranger can cause
_MAX_BYTES = 512 * 1024
_AFTER = timedelta(seconds=5)


class Outside:
    """HTTP with a time limit, a size limit and no redirects: an address comes from the settings,
    or from a document that they name."""

    def __init__(self, provider: str, client: httpx.AsyncClient) -> None:
        self._provider, self._client = provider, client

    async def send[T](
        self, method: str, url: str, kind: type[T], *, accept: tuple[int, ...] = (200,), **more: Any
    ) -> T:
        """The answer's JSON as a `kind`. Raises ProviderUnavailable, also for another status."""
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await self._read(method, url, **more)
            if status not in accept:
                raise self.unavailable(f"status {status}")
            return msgspec.json.decode(body, type=kind)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError) as error:
            raise self.unavailable(type(error).__name__) from None

    def unavailable(self, why: str) -> ProviderUnavailable:
        """Told to the operator: the user can do nothing about it but come back."""
        log = structlog.get_logger()
        log.warning("identity_provider_unavailable", provider=self._provider, reason=why)
        return ProviderUnavailable("the provider does not answer as it should", _AFTER)

    async def _read(self, method: str, url: str, **more: Any) -> tuple[int, bytes]:
        headers = {"accept": "application/json"} | more.pop("headers", {})
        async with self._client.stream(method, url, headers=headers, **more) as response:
            body = b""
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _MAX_BYTES:
                    raise httpx.DecodingError("the answer is too large")
            return response.status_code, body


class Cached[T]:
    """What is fetched once for all who wait, and again after an hour. What there was stays good
    while the service is away; if there was nothing, it is left in peace for some seconds."""

    def __init__(self, fetch: Callable[[], Awaitable[T]]) -> None:
        self._fetch, self._turn = fetch, asyncio.Lock()
        self._kept: tuple[T, float] | None = None
        self._renewed_at = self._failed_at = float("-inf")

    async def get(self) -> T:
        async with self._turn:
            if self._kept is None:
                return await self._fetched()
            value, at = self._kept
            if time.monotonic() - at > _LIFETIME and self._may_renew():
                return await self._fetched()
            return value

    async def renewed(self) -> T:
        """Fetched anew, but not more than once a minute."""
        async with self._turn:
            if self._kept is None or self._may_renew():
                return await self._fetched()
            return self._kept[0]

    def _may_renew(self) -> bool:
        now = time.monotonic()
        if now - self._renewed_at < _PAUSE:
            return False
        self._renewed_at = now
        return True

    async def _fetched(self) -> T:
        if time.monotonic() - self._failed_at < _AFTER.total_seconds():
            return self._kept_or(ProviderUnavailable("the provider did not answer", _AFTER))
        try:
            value = await self._fetch()
        except ProviderUnavailable as error:
            self._failed_at = time.monotonic()
            return self._kept_or(error)
        self._kept = value, time.monotonic()
        return value

    def _kept_or(self, error: ProviderUnavailable) -> T:
        if self._kept is None:
            raise error
        return self._kept[0]
