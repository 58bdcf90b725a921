"""A file as an answer: the whole of it, a part of it, or that the client has it (RFC 9110)."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Stream

from application.files.exports import Download
from domain.files.file import StoredFile
from domain.files.ranges import ByteRange, RangeNotSatisfiable

# One range; of several, as of what is none, the whole file is a right answer.
_RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*")


async def sent_file(
    request: Request[Any, Any, Any], download: Download
) -> Response[bytes] | Stream:
    """What the request asks for. Raises RangeNotSatisfiable, NotFound, Unavailable."""
    file = download.file
    headers = _headers(file)
    if _is_known(request.headers.get("if-none-match"), headers["etag"]):
        return Response(b"", status_code=304, headers=headers)
    part = requested(request.headers, file.size, headers["etag"])
    length = len(part) if part else file.size
    if part:
        headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{file.size}"
    status = 206 if part else 200
    headers["content-length"] = str(length)
    content = await _begun(download.read(part))
    return Stream(content, status_code=status, headers=headers, media_type=file.media_type)


def requested(headers: Mapping[str, str], size: int, etag: str) -> ByteRange | None:
    """The part that is asked for; None for the whole file. Raises RangeNotSatisfiable."""
    asked = _RANGE.fullmatch(headers.get("range", ""))
    if asked is None or headers.get("if-range", etag) != etag:
        return None
    first, last = asked.groups()
    if first:
        start, end = int(first), int(last) + 1 if last else size
        if last and end <= start:
            return None
    elif last:
        start, end = max(0, size - int(last)), size
    else:
        return None
    if start >= size:
        raise RangeNotSatisfiable(size)
    return ByteRange(start, min(end, size))


def _headers(file: StoredFile) -> dict[str, str]:
    """Of every answer about a file. It is its owner's, so no cache may share it."""
    name = quote(file.original_name, safe="")
    return {
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "etag": f'"{file.sha256}"',
    }


def _is_known(tags: str | None, etag: str) -> bool:
    """Whether If-None-Match names the file: weakly, as it is to be compared."""
    known = [tag.strip().removeprefix("W/") for tag in (tags or "").split(",")]
    return etag in known or known == ["*"]


async def _begun(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, of which the first is there: what fails before is an answer of its own."""
    first = await anext(pieces, b"")

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return all_of_them()
