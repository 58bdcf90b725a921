"""`make demo-analytics`: a month of somebody's use of models, seeded and shown in a terminal."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dishka import AsyncContainer
from rich.bar import Bar
from rich.console import Console
from rich.table import Table

from application.analytics.costs import ShowCosts
from application.analytics.exports import (
    EXTRACTIVE,
    LOCAL,
    Feature,
    Meter,
    TokensSource,
    UsageEvent,
    UsageStatus,
)
from application.analytics.rollup import RefreshAnalytics
from application.analytics.usage import ShowUsage
from application.analytics.views import CostsView, UsageView
from application.identity.users import RegisterUser, Registration
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.ports import Clock, Ids, Transaction
from domain.shared.ids import UserId
from entrypoints.container import production
from entrypoints.settings import Settings

DAYS = 30
# Provider, model, and of how many answers of 20 it gives one. One of them has no price.
_MODELS = (
    ("gemini", "gemini-1.5-flash", 11),
    (LOCAL, EXTRACTIVE, 5),
    ("openai", "gpt-4", 3),
    ("openai", "gpt-nobody-knows", 1),
)
_STATUSES = (*[UsageStatus.OK] * 18, UsageStatus.ERROR, UsageStatus.CANCELLED)
_WIDTH = 40  # characters of the longest bar
_PATIENCE, _PAUSE = 30.0, 0.2  # seconds

_dice = secrets.SystemRandom()
_console = Console()


def play(settings: Settings) -> None:
    """Open an account, seed its month, count it, show it."""
    usage, costs = asyncio.run(_month(settings))
    _console.print(_chart(usage))
    _console.print(_summary(usage))
    _console.print(_bill(costs))


async def _month(settings: Settings) -> tuple[UsageView, CostsView]:
    container = production(settings)
    try:
        actor = await _account(container)
        seeded = await _seed(container, actor.user_id)
        async with container() as request:
            usage = await _counted(request, actor, seeded)
            return usage, await (await request.get(ShowCosts))(actor, DAYS)
    finally:
        await container.close()


async def _account(container: AsyncContainer) -> Actor:
    email, password = f"demo-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12)
    async with container() as request:
        user = await (await request.get(RegisterUser))(Registration(email, password))
    _console.print(f"Signed up as [bold]{email}[/], password [bold]{password}[/].")
    return Actor(user.id, EVERYTHING_OWN)


async def _counted(request: AsyncContainer, actor: Actor, queries: int) -> UsageView:
    """The server's worker may be counting a part of it at this moment."""
    refresh, show = await request.get(RefreshAnalytics), await request.get(ShowUsage)
    async with asyncio.timeout(_PATIENCE):
        while True:
            await refresh(actor)
            usage: UsageView = await show(actor, DAYS)
            if usage.total_queries == queries:
                return usage
            await asyncio.sleep(_PAUSE)


async def _seed(container: AsyncContainer, owner: UserId) -> int:
    """How many answers."""
    ids, now, count = await container.get(Ids), (await container.get(Clock)).now(), 0
    for ago in range(DAYS):
        day = Day(owner, now - timedelta(days=ago))
        async with container() as request, await request.get(Transaction):
            meter = await request.get(Meter)
            for event in day.events(ids):
                await meter.settle(event)
                count += 1
    return count


@dataclass(frozen=True, slots=True)
class Day:
    """The eight hours before `end`: busy ones, and weekends."""

    owner: UserId
    end: datetime

    def events(self, ids: Ids) -> Iterator[UsageEvent]:
        count = _dice.randint(0, 3) if self.end.weekday() >= 5 else _dice.randint(6, 20)
        talk = ids.next()
        for _ in range(count):
            yield self._event(ids.next(), talk)

    def _event(self, id: UUID, talk: UUID) -> UsageEvent:
        names = [(provider, model) for provider, model, share in _MODELS for _ in range(share)]
        provider, model = _dice.choice(names)
        status = UsageStatus.OK if provider == LOCAL else _dice.choice(_STATUSES)
        read = 0 if provider == LOCAL else _dice.randint(800, 6000)
        written = 0 if provider == LOCAL or status is not UsageStatus.OK else _dice.randint(80, 900)
        first = round(_dice.lognormvariate(5.5, 0.5))
        return UsageEvent(
            id=id,
            user_id=self.owner,
            feature=Feature.CHAT,
            provider=provider,
            model_asked=model,
            model_used=model,
            status=status,
            started_at=self.end - timedelta(seconds=_dice.uniform(0, 8 * 3600)),
            queue_ms=_dice.randint(1, 20),
            first_token_ms=first,
            total_ms=first + 4 * written,
            conversation_id=talk,
            message_id=id,
            input_tokens=read,
            output_tokens=written,
            tokens_source=TokensSource.PROVIDER if read else TokensSource.NONE,
        )


def _chart(usage: UsageView) -> Table:
    table = Table("day", "queries", "", "failed", "tokens", "USD", box=None)
    most = max(day.total_queries for day in usage.daily_breakdown) or 1
    for day in usage.daily_breakdown:
        bar = Bar(most, 0, day.total_queries, width=_WIDTH, color="cyan")
        failed, tokens = str(day.failed_queries or ""), f"{day.total_tokens:,}"
        cost = f"{float(day.estimated_cost):.4f}"
        table.add_row(f"{day.date:%a %d %b}", bar, str(day.total_queries), failed, tokens, cost)
    for column in table.columns[2:]:
        column.justify = "right"
    return table


def _summary(usage: UsageView) -> str:
    times = f"{usage.avg_response_time} s on average, p50 {usage.p50_response_time} s, "
    return (
        f"\n{usage.total_queries} queries in {usage.period_days} days ({usage.timezone}), "
        f"{usage.successful_queries} answered, {usage.failed_queries} failed; "
        f"{times}p95 {usage.p95_response_time} s.\n"
    )


def _bill(costs: CostsView) -> Table:
    table = Table("model", "calls", "tokens", "USD", "without a price", box=None)
    for one in costs.by_model:
        calls, tokens = str(one.calls), f"{one.total_tokens:,}"
        cost = f"{float(one.cost):.4f}"
        table.add_row(one.model, calls, tokens, cost, str(one.unpriced_calls or ""))
    for column in table.columns[1:]:
        column.justify = "right"
    return table
