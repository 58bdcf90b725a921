import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from application.identity.exports import ConsentPurpose, Consents, require_consent
from application.knowledge.exports import Outgoing
from application.models.ports import EgressLedger
from application.shared.actor import Actor
from application.shared.page import Page, PageRequest
from application.shared.ports import Clock, Ids, Transaction
from domain.models.egress import EgressEvent
from domain.shared.ids import DocumentId, UserId


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A request about to leave this machine: `body`, byte for byte. `object_ids` are the user's things
    that are in it: with any, `purpose` needs a consent."""

    user_id: UserId
    attempt_id: UUID
    provider: str
    model: str
    purpose: ConsentPurpose
    object_ids: tuple[UUID, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class AllowEgress:
    """Asked before every request, for a consent may have been withdrawn since the last: what leaves
    is allowed and written down before, in a transaction of its own. So never call it inside one.
    Raises ConsentRequired."""

    consents: Consents
    ledger: EgressLedger
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, departure: Departure) -> None:
        async with self.transaction:
            if departure.object_ids:
                await require_consent(departure.user_id, departure.purpose, self.consents)
            await self.ledger.add(
                EgressEvent(
                    user_id=departure.user_id,
                    id=self.ids.next(),
                    attempt_id=departure.attempt_id,
                    provider=departure.provider,
                    model=departure.model,
                    purpose=departure.purpose,
                    object_ids=departure.object_ids,
                    bytes=len(departure.body),
                    sha256=hashlib.sha256(departure.body).hexdigest(),
                    at=self.clock.now(),
                )
            )


@dataclass(frozen=True, slots=True)
class AllowEmbedding:
    """What knowledge asks before texts leave for a model that embeds them."""

    allow: AllowEgress

    async def __call__(
        self, owner: UserId, attempt_id: UUID, outgoing: Outgoing, of: Collection[DocumentId]
    ) -> None:
        await self.allow(
            Departure(
                user_id=owner,
                attempt_id=attempt_id,
                provider=outgoing.provider,
                model=outgoing.model,
                purpose=ConsentPurpose.AI_EXTERNAL_DOCUMENTS,
                object_ids=tuple(of),
                body=outgoing.body,
            )
        )


@dataclass(frozen=True, slots=True)
class ListEgress:
    """What left this machine for the caller, the newest first."""

    ledger: EgressLedger

    async def __call__(self, actor: Actor, request: PageRequest) -> Page[EgressView]:
        page = await self.ledger.page(actor.user_id, request)
        return Page([_view(event) for event in page.items], page.next)


def _view(event: EgressEvent) -> EgressView:
    return EgressView(*(getattr(event, name) for name in EgressView.__struct_fields__))
