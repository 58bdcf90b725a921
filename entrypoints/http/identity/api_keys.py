from uuid import UUID

from dishka import FromDishka
from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody

from application.identity.api_keys import (
    ApiKeyView,
    CreateApiKey,
    CreatedApiKey,
    ListApiKeys,
    NewApiKey,
    RevokeApiKey,
)
from application.shared.actor import Actor
from domain.identity.api_key import ApiKeyId
from entrypoints.http.cookies import NO_STORE
from entrypoints.http.openapi import problems

KIB = 1024


@post(
    "/auth/api-keys",
    summary="Create an API key",
    request_max_body_size=16 * KIB,
    responses=problems(401, "session_required", "scope_not_for_keys", body=True),
)
async def create_api_key(
    data: JSONBody[NewApiKey], actor: FromDishka[Actor], create: FromDishka[CreateApiKey]
) -> Response[CreatedApiKey]:
    """A program sends it as `Authorization: Bearer <key>`. This is the only time it is shown."""
    created = await create(actor, data)
    location = f"/api/v1/auth/api-keys/{created.id}"
    return Response(created, headers={"location": location, **NO_STORE})


@get("/auth/api-keys", summary="List API keys", responses=problems(401, "session_required"))
async def list_api_keys(
    actor: FromDishka[Actor], keys: FromDishka[ListApiKeys]
) -> list[ApiKeyView]:
    """Those that open something, newest first, without their secrets."""
    return await keys(actor)


@delete(
    "/auth/api-keys/{key_id:uuid}",
    summary="Revoke an API key",
    responses=problems(401, "session_required", 404),
)
async def revoke_api_key(
    key_id: FromPath[UUID], actor: FromDishka[Actor], revoke: FromDishka[RevokeApiKey]
) -> None:
    """It opens nothing from the next request on."""
    await revoke(actor, ApiKeyId(key_id))


SECURED = [create_api_key, list_api_keys, revoke_api_key]
