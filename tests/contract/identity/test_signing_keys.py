"""What every SigningKeys adapter promises, and what tokens over one database make of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from dishka import AsyncContainer

from adapters.postgres.database import Database
from adapters.postgres.identity.signing_keys import PostgresSigningKeys
from adapters.postgres.pool import Pool
from adapters.security.keys import EcKeyPairs, StoredKeys
from adapters.security.tokens import JwtTokens, following
from application.identity.ports import Claims, SigningKeys
from application.identity.signing_keys import RotateKeys
from application.shared.ports import Crypto, Ids, Transaction
from domain.identity.session import SessionId
from domain.identity.signing_key import KeyState, SigningKey
from domain.shared.errors import Unauthenticated
from domain.shared.ids import UserId

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR, LIFETIME = timedelta(hours=1), timedelta(minutes=30)
ADA = Claims(UserId(UUID(int=1)), SessionId(UUID(int=2)))


def a_key(state: KeyState, at: datetime = NOON) -> SigningKey:
    return SigningKey(
        kid=str(uuid4()),
        algorithm="ES256",
        public_jwk="{}",
        private_key=b"sealed",
        state=state,
        created_at=at,
    )


async def rotate(world: AsyncContainer, fresh: SigningKey, at: datetime, gone: datetime) -> bool:
    async with world() as request, await request.get(Transaction):
        keys: SigningKeys = await request.get(SigningKeys)
        return await keys.rotate(fresh, at, gone)


async def kept(world: AsyncContainer) -> list[SigningKey]:
    async with world() as request:
        keys: SigningKeys = await request.get(SigningKeys)
        return await keys.all()


async def add(world: AsyncContainer, *keys: SigningKey) -> None:
    async with world() as request:
        for key in keys:
            await (await request.get(SigningKeys)).add(key)


async def test_the_active_key_comes_first(world: AsyncContainer) -> None:
    following, active = a_key(KeyState.NEXT), a_key(KeyState.ACTIVE)
    await add(world, following, active)
    assert await kept(world) == [active, following]


async def test_one_key_is_active_and_one_is_next(world: AsyncContainer) -> None:
    active, following = a_key(KeyState.ACTIVE), a_key(KeyState.NEXT)
    await add(world, active, following)
    await add(world, a_key(KeyState.ACTIVE), a_key(KeyState.NEXT))
    assert await kept(world) == [active, following]


async def test_rotating_moves_each_key_on(world: AsyncContainer) -> None:
    first, second, third, fourth = (
        a_key(state, NOON + number * HOUR)
        for number, state in enumerate([KeyState.ACTIVE] + 3 * [KeyState.NEXT])
    )
    await add(world, first, second)

    assert await rotate(world, third, NOON, NOON - HOUR)
    found = [(key.kid, key.state, key.retired_at) for key in await kept(world)]
    assert found == [
        (second.kid, KeyState.ACTIVE, None),
        (third.kid, KeyState.NEXT, None),
        (first.kid, KeyState.RETIRING, NOON),
    ]

    assert await rotate(world, fourth, NOON + HOUR, NOON)
    assert [key.kid for key in await kept(world)] == [third.kid, fourth.kid, second.kid]


async def test_a_rotation_that_fails_changes_nothing(world: AsyncContainer) -> None:
    before = [a_key(KeyState.ACTIVE), a_key(KeyState.NEXT)]
    await add(world, *before)
    with pytest.raises(RuntimeError, match="power cut"):
        async with world() as request, await request.get(Transaction):
            await (await request.get(SigningKeys)).rotate(a_key(KeyState.NEXT), NOON, NOON)
            raise RuntimeError("power cut")
    assert await kept(world) == before


async def test_whoever_rotates_at_the_same_time_leaves_one_active_and_one_next(
    world: AsyncContainer,
) -> None:
    await add(world, a_key(KeyState.ACTIVE), a_key(KeyState.NEXT))
    turns = (rotate(world, a_key(KeyState.NEXT), NOON, NOON - HOUR) for _ in range(20))
    rotated = sum(await asyncio.gather(*turns))
    keys = await kept(world)
    assert rotated >= 1
    assert [key.state for key in keys] == [
        KeyState.ACTIVE,
        KeyState.NEXT,
        *[KeyState.RETIRING] * rotated,
    ]


class SetClock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


class Processes:
    """Two that issue and read tokens over one database."""

    def __init__(self, world: AsyncContainer, clock: SetClock) -> None:
        self.world, self.clock = world, clock
        self._stack = AsyncExitStack()
        self.one: JwtTokens
        self.other: JwtTokens

    async def start(self) -> JwtTokens:
        keys = PostgresSigningKeys(Database(await self.world.get(Pool)))
        crypto, ids = await self.world.get(Crypto), await self.world.get(Ids)
        source = StoredKeys(keys, EcKeyPairs(crypto, ids), crypto, self.clock, LIFETIME)
        tokens = following(source, self.clock, ids, issuer="http://us", lifetime=LIFETIME)
        return await self._stack.enter_async_context(tokens)

    async def stop(self) -> None:
        await self._stack.aclose()

    async def rotate(self) -> None:
        async with self.world() as request:
            rotation = await request.get(RotateKeys)
            await replace(rotation, clock=self.clock, tokens=self.one)()


@pytest.fixture
async def processes(postgres: AsyncContainer) -> AsyncIterator[Processes]:
    processes = Processes(postgres, SetClock())
    processes.one, processes.other = await asyncio.gather(processes.start(), processes.start())
    yield processes
    await processes.stop()


def published(tokens: JwtTokens) -> set[str]:
    return {key["kid"] for key in tokens.public_keys().keys}


async def test_processes_that_start_together_share_their_keys(processes: Processes) -> None:
    assert published(processes.one) == published(processes.other)
    assert len(published(processes.one)) == 2
    assert await processes.other.read(processes.one.issue(ADA)) == ADA


async def test_a_rotation_signs_nobody_out(processes: Processes) -> None:
    one, other = processes.one, processes.other
    before = one.issue(ADA)
    await processes.rotate()
    await one.reload()

    after = one.issue(ADA)

    assert await other.read(after) == ADA  # it knew the next key already
    assert await one.read(before) == await other.read(before) == ADA
    assert len(published(one)) == 3


async def test_an_unknown_key_is_looked_for_and_not_often(processes: Processes) -> None:
    one, other, clock = processes.one, processes.other, processes.clock
    for _ in range(2):  # other knew the next one, but not its successor
        await processes.rotate()
    await one.reload()
    assert not published(one) <= published(other)
    at_once = (other.read(one.issue(ADA)) for _ in range(20))
    assert await asyncio.gather(*at_once) == [ADA] * 20

    for _ in range(2):
        await processes.rotate()
    await one.reload()
    with pytest.raises(Unauthenticated):
        await other.read(one.issue(ADA))  # only just looked
    clock.time += timedelta(seconds=10)
    assert await other.read(one.issue(ADA)) == ADA


async def test_a_process_follows_by_itself(processes: Processes) -> None:
    one, other = processes.one, processes.other
    following = asyncio.create_task(other.follow(every=timedelta(milliseconds=5)))
    for _ in range(2):
        await processes.rotate()
    await one.reload()
    async with asyncio.timeout(5):
        while published(other) != published(one):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.005)
    following.cancel()


async def test_a_retired_key_stops_when_its_last_token_has_expired(processes: Processes) -> None:
    one, clock = processes.one, processes.clock
    old = one.issue(ADA)
    (retired, _) = [key["kid"] for key in one.public_keys().keys]
    await processes.rotate()
    clock.time += LIFETIME
    await one.reload()
    assert await one.read(old) == ADA

    clock.time += timedelta(seconds=90)  # the clocks' leeway, and a minute to follow
    await one.reload()
    assert retired not in published(one)
    with pytest.raises(Unauthenticated):
        await one.read(old)
    clock.time -= LIFETIME  # not for its age: the key is gone, and so is what was remembered
    with pytest.raises(Unauthenticated):
        await one.read(old)

    clock.time += LIFETIME
    await processes.rotate()
    stored = await kept(processes.world)
    assert retired not in {key.kid for key in stored} and len(stored) == 3
