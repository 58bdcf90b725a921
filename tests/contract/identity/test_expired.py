"""What every Expired adapter promises."""

from datetime import timedelta
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.ports import Expired, LoginFailures, OneTimeTokens
from application.identity.upkeep import KEPT, ForgetExpired
from application.shared.limits import RateLimits
from application.shared.ports import Clock, Transaction
from domain.identity.login_failures import identifier
from domain.identity.one_time_token import (
    InvalidToken,
    OneTimeToken,
    OneTimeTokenId,
    Purpose,
    token_hash,
)
from tests.contract.identity.test_users import THEN

DAY = timedelta(days=1)


async def a_token(world: AsyncContainer, text: str, days: int) -> None:
    token = OneTimeToken(
        id=OneTimeTokenId(uuid4()),
        user_id=None,
        purpose=Purpose.OAUTH_STATE,
        hash=token_hash(text),
        created_at=THEN,
        expires_at=THEN + days * DAY,
    )
    async with world() as request:
        await (await request.get(OneTimeTokens)).add(token)


async def a_failure(world: AsyncContainer, name: str, days: int) -> None:
    async with world() as request, await request.get(Transaction):
        failures = await request.get(LoginFailures)
        held = await failures.hold(identifier(name), THEN + days * DAY)
        held.add(THEN + days * DAY)
        await failures.save(held)


async def test_what_has_run_out_goes_and_the_rest_stays(world: AsyncContainer) -> None:
    for number, text in enumerate(("old", "fresh")):
        await a_token(world, text, days=2 * number)
        await a_failure(world, text, days=2 * number)
    async with world() as request:
        assert await (await request.get(Expired)).remove(THEN + DAY) == 2
        assert await (await request.get(Expired)).remove(THEN + DAY) == 0
        failures = await request.get(LoginFailures)
        assert await failures.get(identifier("old")) is None
        assert await failures.get(identifier("fresh")) is not None
        tokens = await request.get(OneTimeTokens)
        with pytest.raises(InvalidToken):
            await tokens.take(Purpose.OAUTH_STATE, token_hash("old"), THEN - DAY)
        await tokens.take(Purpose.OAUTH_STATE, token_hash("fresh"), THEN)


async def test_counts_of_long_ago_go_on_postgres(postgres: AsyncContainer) -> None:
    limits = await postgres.get(RateLimits)
    now = (await postgres.get(Clock)).now()
    await limits.count("old", 1, DAY, now - 2 * KEPT)
    await limits.count("fresh", 1, DAY, now)
    async with postgres() as request:
        assert await (await request.get(ForgetExpired))() == 1
