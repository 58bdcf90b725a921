from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from application.models.ports import EgressLedger
from application.shared.actor import Actor
from application.shared.page import Page, PageRequest
from domain.models.egress import EgressEvent


class EgressView(Struct, frozen=True):
    """One request that was sent to a model provider. `object_ids` are your things that it held,
    `sha256` is that of the `bytes` that were sent."""

    id: UUID
    attempt_id: UUID
    provider: str
    model: str
    purpose: str
    object_ids: tuple[UUID, ...]
    bytes: int
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ListEgress:
    """What left this machine for the caller, the newest first."""

    ledger: EgressLedger

    async def __call__(self, actor: Actor, request: PageRequest) -> Page[EgressView]:
        page = await self.ledger.page(actor.user_id, request)
        return Page([_view(event) for event in page.items], page.next)


def _view(event: EgressEvent) -> EgressView:
    return EgressView(*(getattr(event, name) for name in EgressView.__struct_fields__))
