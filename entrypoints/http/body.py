"""Bodies that a handler reads itself, with the errors that Litestar gives for the others."""

from typing import Any

import msgspec
from litestar.exceptions import ClientException, ValidationException


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
