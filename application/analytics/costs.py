"""What a user's calls to models cost."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from msgspec import Struct

from application.analytics.ports import UsageReader, Zones
from application.analytics.views import (
    ConversationCost,
    CostsView,
    FeatureCost,
    ModelCost,
    Money,
    Spending,
    money,
)
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock
from domain.analytics.days import last_days, next_day, start_of


@dataclass(frozen=True, slots=True)
class ShowCosts:
    """By model, by feature and by conversation."""

    reader: UsageReader
    zones: Zones
    clock: Clock

    async def __call__(self, actor: Actor, days: int) -> CostsView:
        actor.require(Scope.ANALYTICS)
        zone = await self.zones.of(actor.user_id)
        period = last_days(self.clock.now(), days, zone)
        since, until = start_of(period[0], zone), start_of(next_day(period[-1]), zone)
        spent = await self.reader.spending(actor.user_id, since, until)
        talks = [one for one in spent if one.conversation_id is not None]
        return CostsView(
            period_days=days,
            total_cost=money(_cost(spent)),
            unpriced_calls=sum(one.unpriced_calls for one in spent),
            by_model=_by(ModelCost, spent, lambda one: (one.provider, one.model)),
            by_feature=_by(FeatureCost, spent, lambda one: (one.feature,)),
            by_conversation=_by(ConversationCost, talks, lambda one: (one.conversation_id,)),
        )


def _by[T: Struct](
    kind: Callable[..., T],
    spent: Iterable[Spending],
    key: Callable[[Spending], tuple[Any, ...]],
) -> list[T]:
    groups: defaultdict[tuple[Any, ...], list[Spending]] = defaultdict(list)
    for one in spent:
        groups[key(one)].append(one)
    dearest = sorted(groups.items(), key=lambda group: _cost(group[1]), reverse=True)
    return [kind(*named, *_sums(group)) for named, group in dearest]


def _sums(group: list[Spending]) -> tuple[int, int, Money, int]:
    return (
        sum(one.calls for one in group),
        sum(one.total_tokens for one in group),
        money(_cost(group)),
        sum(one.unpriced_calls for one in group),
    )


def _cost(spent: Iterable[Spending]) -> Decimal:
    return sum((one.cost for one in spent), Decimal(0))
