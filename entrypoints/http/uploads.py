"""A file that comes in a multipart form, whose `file` streams to storage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.exceptions import ClientException, HTTPException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from msgspec import Struct

from application.files.exports import Purpose, Upload, file_too_large
from domain.shared.errors import Malformed
from entrypoints.http.body import converted

# What can go wrong with one.
UPLOAD = (
    "missing_file",
    "several_files",
    "unnamed_file",
    "invalid_file_name",
    "empty_file",
    "file_too_large",
    "unsupported_file",
    "quota_exceeded",
)
_PIECE = 256 * 1024
_HEARD_OUT, _LINGER = 64 * 1024 * 1024, 5.0  # bytes, seconds
_NO_FORM = (
    "the form cannot be read: it has to be whole, with the boundary that its Content-Type names,"
    " its texts in UTF-8 and its file with a name"
)


class MissingFile(Malformed): ...


class SeveralFiles(Malformed): ...


class _Bare(Struct, forbid_unknown_fields=True):
    """What a form says beside its file, when that may be nothing."""


async def form_of(request: Request[Any, Any, Any], purpose: Purpose) -> FormMultiDict:
    """Raises FileTooLarge."""
    if request.content_type[0] != "multipart/form-data":
        raise HTTPException("send a multipart form", status_code=415)
    try:
        return await request.form()
    except RequestEntityTooLarge:
        await _hear_out(request)
        raise file_too_large(purpose) from None
    except (ClientException, UnicodeDecodeError, LookupError):  # LookupError: no such charset
        raise ClientException(_NO_FORM) from None


async def _hear_out(request: Request[Any, Any, Any]) -> None:
    """Who is still sending when the connection ends sees that, and no answer: so what comes is taken
    and thrown away for a while, as web servers do that linger before they close."""
    left = _HEARD_OUT
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER):
            while left > 0:
                message = await request.receive()
                if message["type"] != "http.request":  # the client is gone
                    return
                left -= len(message["body"])
                if not message["more_body"]:
                    return


def file_in(form: FormMultiDict) -> Upload:
    """Raises MissingFile, SeveralFiles."""
    files = form.getall("file", [])
    if len(files) > 1:
        raise SeveralFiles("send one file at a time")
    if not files:
        raise MissingFile("the form has no field `file`")
    if isinstance(files[0], UploadFile):
        return Upload(files[0].filename, _pieces(files[0]))
    return Upload(None, _nothing())  # a file without a name arrives as a text


def fields_in(form: FormMultiDict) -> dict[str, Any]:
    """All but the file."""
    return {name: value for name, value in form.items() if name != "file"}


def only_file_in(form: FormMultiDict) -> Upload:
    """The file of a form that has nothing else."""
    file = file_in(form)
    converted(fields_in(form), _Bare)
    return file


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
