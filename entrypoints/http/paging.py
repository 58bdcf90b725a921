"""Which part of a list a request asks for: three styles, one at a time."""

from typing import Annotated, Any
from uuid import UUID

from litestar.exceptions import ValidationException
from litestar.params import FromQuery, QueryParameter

from application.shared.page import (
    CursorPaging,
    NumberedRequest,
    PageNumber,
    PageRequest,
    PageSize,
    Paging,
    Skip,
    SliceRequest,
)
from entrypoints.http.body import converted

type Styles[T] = tuple[tuple[type[T], dict[str, Any]], ...]


def page_request(
    size: FromQuery[PageSize] = 20, after: FromQuery[UUID | None] = None
) -> PageRequest:
    return converted({"size": size, "after": after}, PageRequest)


def any_paging(
    size: FromQuery[PageSize | None] = None,
    after: FromQuery[UUID | None] = None,
    # `page` is the name of a dependency.
    number: Annotated[PageNumber | None, QueryParameter(name="page")] = None,
    page_size: FromQuery[PageSize | None] = None,
    skip: FromQuery[Skip | None] = None,
    limit: FromQuery[PageSize | None] = None,
) -> Paging:
    """`size` and `after`; or `page` and `page_size`; or `skip` and `limit`."""
    styles: Styles[Paging] = (
        (PageRequest, _sent(size=size, after=after)),
        (NumberedRequest, _sent(page=number, page_size=page_size)),
        (SliceRequest, _sent(skip=skip, limit=limit)),
    )
    return _one_of(styles)


def cursor_paging(
    size: FromQuery[PageSize | None] = None,
    after: FromQuery[UUID | None] = None,
    skip: FromQuery[Skip | None] = None,
    limit: FromQuery[PageSize | None] = None,
) -> CursorPaging:
    """`size` and `after`; or `skip` and `limit`."""
    styles: Styles[CursorPaging] = (
        (PageRequest, _sent(size=size, after=after)),
        (SliceRequest, _sent(skip=skip, limit=limit)),
    )
    return _one_of(styles)


def _one_of[T](styles: Styles[T]) -> T:
    """As the first style, when nothing of any is sent."""
    asked = [(kind, sent) for kind, sent in styles if sent]
    if len(asked) > 1:
        names = ", ".join(name for _, sent in asked for name in sent)
        raise ValidationException(extra=[{"message": f"do not go together: {names}", "key": ""}])
    kind, sent = asked[0] if asked else styles[0]
    return converted(sent, kind)


def _sent(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}
