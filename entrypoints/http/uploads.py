"""A file that comes in a multipart form."""

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from application.files.exports import Purpose, Upload, file_too_large
from domain.shared.errors import Malformed

# What can be wrong with one.
UPLOAD = (
    "missing_file",
    "several_files",
    "unnamed_file",
    "invalid_file_name",
    "empty_file",
    "file_too_large",
    "unsupported_file",
)
_PIECE = 256 * 1024


class MissingFile(Malformed): ...


class SeveralFiles(Malformed): ...


async def received(
    request: Request[Any, Any, Any], purpose: Purpose
) -> tuple[Upload, dict[str, Any]]:
    """The form's `file`, and its other fields. Raises MissingFile, SeveralFiles, FileTooLarge."""
    if request.content_type[0] != "multipart/form-data":
        raise HTTPException("send a multipart form", status_code=415)
    try:
        sent = await request.form()
    except RequestEntityTooLarge:
        raise file_too_large(purpose) from None
    if len(sent.getall("file", [])) > 1:
        raise SeveralFiles("send one file at a time")
    form = dict(sent)
    file = form.pop("file", None)
    if file is None:
        raise MissingFile("the form has no field `file`")
    if isinstance(file, UploadFile):
        return Upload(file.filename, _pieces(file)), form
    return Upload(None, _nothing()), form  # a file without a name arrives as a text


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
