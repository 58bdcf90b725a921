from datetime import datetime
from typing import Annotated
from uuid import UUID

from dishka import FromDishka
from litestar import get
from litestar.params import FromQuery
from msgspec import Meta

from application.identity.audit import ListAudit
from application.identity.views import AuditFilter, AuditPage, AuditPageRequest
from application.shared.actor import Actor
from application.shared.page import PageSize
from application.shared.text import Text
from domain.identity.audit import Outcome
from entrypoints.http.openapi import problems

type Action = Annotated[Text, Meta(max_length=60)]
type Number = Annotated[int, Meta(ge=1, le=2**53)]
type Moment = Annotated[datetime, Meta(tz=True)]


@get("/audit", summary="What was done to accounts", responses=problems(401, 403, 422))
async def list_audit(
    actor: FromDishka[Actor],
    list_: FromDishka[ListAudit],
    actor_id: FromQuery[UUID | None] = None,
    action: FromQuery[Action | None] = None,
    outcome: FromQuery[Outcome | None] = None,
    object_id: FromQuery[UUID | None] = None,
    since: FromQuery[Moment | None] = None,
    until: FromQuery[Moment | None] = None,
    size: FromQuery[PageSize] = 20,
    before: FromQuery[Number | None] = None,
) -> AuditPage:
    """For administrators, newest first. `next` is the number to ask for entries `before`. Every
    `hash` seals the log up to its entry: `verify-audit` makes them again."""
    wanted = AuditFilter(actor_id, action, outcome, object_id, since, until)
    return await list_(actor, wanted, AuditPageRequest(size, before))


SECURED = [list_audit]
