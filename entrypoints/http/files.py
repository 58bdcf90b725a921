from typing import Any
from uuid import UUID

from dishka import FromDishka
from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from application.files.download import DownloadFile
from application.shared.actor import Actor
from domain.shared.ids import FileId
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.downloads import sent_file
from entrypoints.http.inject import Injected
from entrypoints.http.openapi import DownloadOperation, problems


@get(
    "/files/{file_id:uuid}",
    summary="A file's bytes",
    operation_class=DownloadOperation,
    responses=problems(401, 403, 404, "range_not_satisfiable"),
)
async def download_file(
    request: Request[Any, Any, Any],
    file_id: FromPath[UUID],
    actor: FromDishka[Actor],
    download: FromDishka[DownloadFile],
) -> Response[bytes] | Stream:
    """As they were uploaded, to be kept and not to be shown. An API key needs the scope of what the
    file is for: `documents`, or `profile` for an avatar."""
    return await sent_file(request, await download(actor, FileId(file_id)))


secured = Injected(
    "/api/v1",
    route_handlers=[download_file],
    before_request=authenticated,
    opt={OPEN_TO_KEYS: True},
    tags=["files"],
    security=[{"bearer": []}],
)
