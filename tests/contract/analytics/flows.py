"""Attempts at models, as other contexts tell them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from dishka import AsyncContainer

from application.analytics.exports import (
    Estimate,
    Feature,
    Meter,
    TokensSource,
    UsageEvent,
    UsageStatus,
)
from application.analytics.ports import UsageReader
from application.identity.ports import Users
from application.shared.ports import Transaction
from domain.analytics.usage import Charge
from domain.shared.ids import UserId
from domain.shared.tokens import Tokens
from tests.contract.identity.test_users import a_user

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


async def an_owner(
    world: AsyncContainer, email: str = "ada@example.org", zone: str = "UTC"
) -> UserId:
    user = await a_user(world, email)
    user.timezone = zone
    async with world() as request:
        await (await request.get(Users)).add(user)
    return user.id


def an_event(owner: UserId, **given: Any) -> UsageEvent:
    """An answer of gpt-4 that cost 0.06 USD."""
    usual: dict[str, Any] = {
        "id": uuid4(),
        "user_id": owner,
        "feature": Feature.CHAT,
        "provider": "openai",
        "model_asked": "gpt-4",
        "model_used": "gpt-4",
        "status": UsageStatus.OK,
        "started_at": NOON,
        "queue_ms": 5,
        "first_token_ms": 300,
        "total_ms": 1200,
        "input_tokens": 1000,
        "output_tokens": 500,
        "tokens_source": TokensSource.PROVIDER,
    }
    return UsageEvent(**usual | given)


async def reserve(
    world: AsyncContainer, owner: UserId, at: datetime = NOON, *, model: str = "gpt-4"
) -> UUID:
    """An attempt that gpt-4 takes 0.06 USD for, at most."""
    attempt = uuid4()
    estimate = Estimate("openai", model, Tokens(input_tokens=1000, output_tokens=500))
    async with world() as request, await request.get(Transaction):
        await (await request.get(Meter)).reserve(owner, attempt, Feature.CHAT, estimate, at)
    return attempt


async def settle(world: AsyncContainer, *events: UsageEvent) -> list[Decimal | None]:
    """What each costs."""
    costs = []
    for event in events:
        async with world() as request, await request.get(Transaction):
            costs.append(await (await request.get(Meter)).settle(event))
    return costs


async def charges(world: AsyncContainer, owner: UserId) -> list[Charge]:
    """Everything that was charged from NOON on."""
    async with world() as request:
        reader = await request.get(UsageReader)
        found = await reader.attempts(owner, NOON, NOON + timedelta(days=3650))
    return [attempt.charge for attempt in found]
