"""Bodies that a handler reads itself, with the errors that Litestar gives for the others."""

from typing import Any

import msgspec
from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, HTTPException, ValidationException


def decoded[T](body: bytes, kind: type[T]) -> T:
    """JSON as a `kind`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise ValidationException(extra=[{"message": str(error)}]) from None
    except msgspec.DecodeError as error:
        raise ClientException(f"Invalid JSON: {error}") from None


def converted[T](fields: dict[str, Any], kind: type[T]) -> T:
    """A form's fields as a `kind`."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise ValidationException(extra=[{"message": str(error)}]) from None


async def declared_json(request: Request[Any, Any, Any]) -> None:
    """A body that a handler takes as JSON has to be declared as JSON: a browser sends any other
    type from a foreign site without asking first."""
    data = request.route_handler.parsed_data_field
    if data and request.content_type[0] != RequestEncodingType.JSON:
        raise HTTPException("send application/json", status_code=415)
