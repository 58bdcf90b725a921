"""Bodies, and what is said of those that are not as they should be."""

from typing import Any

import msgspec
from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import (
    ClientException,
    HTTPException,
    SerializationException,
    ValidationException,
)


class JsonRequest(Request[Any, Any, Any]):
    """Bytes that are not UTF-8 are the sender's fault; msgspec says so in a way of its own, which
    Litestar takes for ours."""

    async def json(self) -> Any:
        try:
            return await super().json()
        except (SerializationException, UnicodeDecodeError) as error:
            raise _not_json(error) from None


def decoded[T](body: bytes, kind: type[T]) -> T:
    """JSON as a `kind`."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise ValidationException(extra=[{"message": str(error)}]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(error) from None


def converted[T](fields: dict[str, Any], kind: type[T]) -> T:
    """A form's fields as a `kind`."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise ValidationException(extra=[{"message": str(error)}]) from None


async def json_body[T](request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The body of a handler that takes others too."""
    if request.content_type[0] != RequestEncodingType.JSON:
        raise HTTPException("send application/json", status_code=415)
    return decoded(await request.body(), kind)


async def declared_json(request: Request[Any, Any, Any]) -> None:
    """A body that a handler takes as JSON has to be declared as JSON: a browser sends any other
    type from a foreign site without asking first."""
    data = request.route_handler.parsed_data_field
    if data and request.content_type[0] != RequestEncodingType.JSON:
        raise HTTPException("send application/json", status_code=415)


def _not_json(error: Exception) -> ClientException:
    reason = "it is not in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
    return ClientException(f"the body is not JSON: {reason}")
