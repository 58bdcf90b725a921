"""What owners do with their account as a whole."""

from typing import Any

from dishka import FromDishka
from litestar import Request, Response, delete, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException

from application.identity.deletion import DeleteAccount, Farewell
from application.identity.export import AccountExport, ExportAccount
from application.shared.actor import Actor
from entrypoints.http.body import decoded
from entrypoints.http.openapi import FarewellOperation, problems

KIB = 1024


@delete(
    "/users/me",
    summary="Delete one's own account",
    request_max_body_size=16 * KIB,
    operation_class=FarewellOperation,
    responses=problems(
        401, "invalid_credentials", "reauthentication_needed", "last_admin", 429, body=True
    ),
)
async def delete_account(
    request: Request[Any, Any, Any], actor: FromDishka[Actor], remove: FromDishka[DeleteAccount]
) -> None:
    """It is signed out everywhere and its e-mail is free at once; everything it held goes after 30
    days. Needs the password, or a session younger than 5 minutes and no body."""
    body = await request.body()
    if body and request.content_type[0] != RequestEncodingType.JSON:
        raise HTTPException("send application/json", status_code=415)
    await remove(actor, decoded(body, Farewell) if body else Farewell())


@post(
    "/privacy/export",
    status_code=200,
    summary="Everything that is kept of one",
    responses=problems(401, 403),
)
async def export_account(
    actor: FromDishka[Actor], export: FromDishka[ExportAccount]
) -> Response[AccountExport]:
    """As JSON, by context and kind of thing. What opens the account is left out, and so is what can
    be made again from one's files: those are downloaded."""
    headers = {
        "content-disposition": 'attachment; filename="colonnade-export.json"',
        "cache-control": "no-store",
    }
    return Response(await export(actor), headers=headers)


SECURED = [delete_account, export_account]
