"""What can go wrong, in the language of the business. Entrypoints map these kinds."""

import re
from datetime import timedelta


class DomainError(Exception):
    """Base of every failure a caller may see. `code` is the class name in snake_case."""

    @property
    def code(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class Invalid(DomainError):
    """The value could never be accepted. `fields`: what it may be called where it is asked for."""

    fields: tuple[str, ...] = ()


class Malformed(Invalid):
    """Not even of the form that was asked for."""


class TooLarge(Invalid):
    """The value is larger than may be sent."""


class Unsupported(Invalid):
    """The kind of thing is not one we take."""


class NotFound(DomainError):
    """There is no such thing, or the caller may not know there is."""


class Conflict(DomainError):
    """The value is fine, the present state forbids it."""


class Forbidden(DomainError):
    """The caller is known and may not do this."""


class Unauthenticated(DomainError):
    """The caller is not known."""


class Busy(DomainError):
    """Too much was asked; the caller may ask again after `retry_after`."""

    def __init__(self, detail: str, retry_after: timedelta) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(Busy):
    """Something we depend on does not answer."""


class CannotDecrypt(Exception):
    """A sealed value was made with another key, for another place, or has been changed."""
