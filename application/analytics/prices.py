"""What models cost, as administrators say it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from application.analytics.ports import Prices
from application.analytics.views import PriceView, money
from application.identity.exports import AdminGate, AuditEvent, AuditLog
from application.shared.actor import Actor
from application.shared.ports import Clock, Ids, Transaction
from application.shared.text import Text
from domain.analytics.price import Price, amount, from_now_on

type Model = Annotated[Text, Meta(min_length=1, max_length=100)]
type Provider = Annotated[Text, Meta(min_length=1, max_length=50)]
type Moment = Annotated[datetime, Meta(tz=True)]


class NewPrice(Struct, frozen=True, forbid_unknown_fields=True):
    """USD for 1000 tokens. Without a `provider` it is that of every provider who has none of its
    own; without `cached_input_per_1k`, what was read before costs as much as what was not; without
    `valid_from`, a year ahead at most, it holds from now on."""

    model: Model
    input_per_1k: Decimal
    output_per_1k: Decimal
    cached_input_per_1k: Decimal | None = None
    provider: Provider | None = None
    valid_from: Moment | None = None


@dataclass(frozen=True, slots=True)
class ListPrices:
    """All there ever were."""

    gate: AdminGate
    prices: Prices

    async def __call__(self, actor: Actor) -> list[PriceView]:
        await self.gate(actor)
        return [_view(price) for price in await self.prices.all()]


@dataclass(frozen=True, slots=True)
class SetPrice:
    """From a moment on, a model has this price; what was charged before stays. Raises
    InvalidPrice, InvalidValidity, PriceOverlaps."""

    gate: AdminGate
    prices: Prices
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewPrice) -> PriceView:
        await self.gate(actor)
        price = self._price(new)
        async with self.transaction:
            before = await self.prices.open(price.model, price.provider)
            if before is not None:
                await self.prices.end(before.id, before.end(price.valid_from))
            await self.prices.add(price)
            await self.audit.add(self._event(actor, price))
        return _view(price)

    def _price(self, new: NewPrice) -> Price:
        now = self.clock.now()
        cached = new.input_per_1k if new.cached_input_per_1k is None else new.cached_input_per_1k
        return Price(
            id=self.ids.next(),
            model=new.model,
            provider=new.provider,
            input=amount(new.input_per_1k),
            cached=amount(cached),
            output=amount(new.output_per_1k),
            valid_from=from_now_on(new.valid_from or now, now),
        )

    def _event(self, actor: Actor, price: Price) -> AuditEvent:
        return AuditEvent(
            id=self.ids.next(),
            at=self.clock.now(),
            action="price.set",
            actor_id=actor.user_id,
            object_type="price",
            object_id=price.id,
            request_id=actor.request_id,
        )


def _view(price: Price) -> PriceView:
    return PriceView(
        id=price.id,
        model=price.model,
        provider=price.provider,
        input_per_1k=money(price.input),
        cached_input_per_1k=money(price.cached),
        output_per_1k=money(price.output),
        currency=price.currency,
        valid_from=price.valid_from,
        valid_to=price.valid_to,
    )
