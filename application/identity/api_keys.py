from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from application.identity.ports import ApiKeys, AuditLog
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Secrets, Transaction
from application.shared.text import Text
from domain.identity.api_key import ApiKey, ApiKeyId, key_hash, key_text
from domain.identity.audit import AuditEvent
from domain.shared.errors import Invalid

_MAY_NOT = frozenset({Scope.ADMIN})


class ScopeNotForKeys(Invalid):
    """A key opens its owner's things, and never the administration."""


class NewApiKey(Struct, frozen=True, forbid_unknown_fields=True):
    """`scopes`: the contexts it opens, to read and to write; none opens `GET /users/me` only."""

    name: Annotated[Text, Meta(min_length=1, max_length=100)]
    scopes: Annotated[list[Scope], Meta(max_length=20)] = []
    expires_in_days: Annotated[int, Meta(ge=1, le=3650)] = 90


class ApiKeyView(Struct, frozen=True):
    """A key as its owner sees it later: without its secret."""

    id: ApiKeyId
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class CreatedApiKey(Struct, frozen=True):
    """`key` is what programs send as `Authorization: Bearer <key>`. It is shown this once."""

    id: ApiKeyId
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """Raises ScopeNotForKeys."""

    api_keys: ApiKeys
    audit: AuditLog
    secrets: Secrets
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewApiKey) -> CreatedApiKey:
        if _MAY_NOT & set(new.scopes):
            raise ScopeNotForKeys("an API key cannot have the scope admin")
        now, secret, key_id = self.clock.now(), self.secrets.token(), ApiKeyId(self.ids.next())
        scopes = sorted(set(new.scopes))
        key = ApiKey(
            id=key_id,
            user_id=actor.user_id,
            name=new.name,
            hash=key_hash(secret),
            scopes=[str(scope) for scope in scopes],
            created_at=now,
            expires_at=now + timedelta(days=new.expires_in_days),
        )
        async with self.transaction:
            await self.api_keys.add(key)
            await self.audit.add(_event(self.ids, actor, now, "api_key.created", key_id))
        shown = key_text(key_id, secret)
        return CreatedApiKey(key_id, new.name, scopes, now, key.expires_at, shown)


@dataclass(frozen=True, slots=True)
class ListApiKeys:
    """The keys that open something, newest first."""

    api_keys: ApiKeys
    clock: Clock

    async def __call__(self, actor: Actor) -> list[ApiKeyView]:
        keys = await self.api_keys.live(actor.user_id, self.clock.now())
        return [_view(key) for key in keys]


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    """It opens nothing from the next request on. Raises NotFound."""

    api_keys: ApiKeys
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, key_id: ApiKeyId) -> None:
        now = self.clock.now()
        async with self.transaction:
            await self.api_keys.revoke(actor.user_id, key_id, now)
            await self.audit.add(_event(self.ids, actor, now, "api_key.revoked", key_id))


def _event(ids: Ids, actor: Actor, at: datetime, action: str, key_id: ApiKeyId) -> AuditEvent:
    return AuditEvent(
        id=ids.next(),
        at=at,
        action=action,
        actor_id=actor.user_id,
        object_type="api_key",
        object_id=key_id,
        request_id=actor.request_id,
    )


def _view(key: ApiKey) -> ApiKeyView:
    scopes = [Scope(scope) for scope in key.scopes]
    return ApiKeyView(key.id, key.name, scopes, key.created_at, key.expires_at, key.last_used_at)
