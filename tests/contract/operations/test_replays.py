"""What every Replays adapter promises."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from dishka import AsyncContainer
from sqlalchemy import delete, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.pool import Pool
from adapters.postgres.replays import NOBODY
from adapters.postgres.tables.identity import idempotency_keys
from application.identity.ports import Users
from application.operations.ports import Replays
from application.operations.replays import (
    ABANDONED,
    LIFETIME,
    Answer,
    AnsweredOnce,
    Attempt,
    IdempotencyKeyReused,
    RequestInFlight,
)
from application.shared.ports import Clock, Transaction
from tests.contract.identity.test_users import THEN, a_user

ANSWER = Answer(201, {"location": "/things/1"}, b'{"id":1}')
SECRET = Answer(201, {}, None)
MOMENT = timedelta(microseconds=1)


async def an_attempt(world: AsyncContainer, email: str = "ada@example.org") -> Attempt:
    user = await a_user(world, email)
    async with world() as request:
        await (await request.get(Users)).add(user)
    return Attempt(user.id, "/things", "a key", b"f" * 32, THEN)


def later(attempt: Attempt, delay: timedelta) -> Attempt:
    return replace(attempt, at=attempt.at + delay)


async def test_a_kept_answer_is_given_again(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    assert await replays.begin(first) is None
    await replays.keep(first, ANSWER)
    for delay in (timedelta(0), ABANDONED, LIFETIME - MOMENT):
        assert await replays.begin(later(first, delay)) == ANSWER


async def test_an_empty_body_is_an_answer(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    await replays.begin(first)
    await replays.keep(first, Answer(204, {}, b""))
    assert await replays.begin(first) == Answer(204, {}, b"")


async def test_a_secret_is_not_given_again(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    await replays.begin(first)
    await replays.keep(first, SECRET)
    with pytest.raises(AnsweredOnce):
        await replays.begin(first)


async def test_a_key_belongs_to_one_request(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    other = replace(first, fingerprint=b"g" * 32)
    await replays.begin(first)
    with pytest.raises(IdempotencyKeyReused):
        await replays.begin(other)
    await replays.keep(first, ANSWER)
    with pytest.raises(IdempotencyKeyReused):
        await replays.begin(other)


async def test_keys_are_of_their_owner_and_route(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    bob = await an_attempt(world, "bob@example.org")
    for other in (first, bob, replace(first, route="/others"), replace(first, key="another key")):
        assert await replays.begin(other) is None
    await replays.keep(first, ANSWER)
    with pytest.raises(RequestInFlight):
        await replays.begin(bob)


async def test_what_is_forgotten_begins_anew(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    await replays.begin(first)
    await replays.forget(first)
    assert await replays.begin(replace(first, fingerprint=b"g" * 32)) is None


async def test_what_has_no_answer_for_long_is_taken_over(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    await replays.begin(first)
    with pytest.raises(RequestInFlight):
        await replays.begin(later(first, ABANDONED - MOMENT))
    second = later(first, ABANDONED)
    assert await replays.begin(second) is None

    await replays.keep(first, SECRET)  # it was slow, and it is not its key any more
    await replays.forget(first)
    with pytest.raises(RequestInFlight):
        await replays.begin(second)
    await replays.keep(second, ANSWER)
    assert await replays.begin(second) == ANSWER


async def test_a_kept_answer_is_not_forgotten_nor_changed(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    await replays.begin(first)
    await replays.keep(first, ANSWER)
    await replays.keep(first, SECRET)
    await replays.forget(first)
    assert await replays.begin(first) == ANSWER


async def test_an_expired_answer_does_not_count(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    await replays.begin(first)
    await replays.keep(first, ANSWER)
    second = replace(later(first, LIFETIME), fingerprint=b"g" * 32)
    assert await replays.begin(second) is None
    with pytest.raises(RequestInFlight):
        await replays.begin(second)


async def test_a_purge_takes_what_expired_of_everybody(world: AsyncContainer) -> None:
    replays, first = await world.get(Replays), await an_attempt(world)
    bob = await an_attempt(world, "bob@example.org")
    young = later(replace(first, key="another key"), MOMENT)
    for attempt in (first, bob, young):
        await replays.begin(attempt)
        await replays.keep(attempt, ANSWER)
    assert await replays.purge(THEN + LIFETIME - MOMENT) == 0
    assert await replays.purge(THEN + LIFETIME) == 2
    assert await replays.purge(THEN + LIFETIME) == 0
    assert await replays.begin(young) == ANSWER
    assert await replays.begin(first) is None


async def test_what_was_begun_stays_when_the_transaction_fails(world: AsyncContainer) -> None:
    first = await an_attempt(world)
    async with world() as request:
        replays = await request.get(Replays)
        with pytest.raises(ZeroDivisionError):
            async with await request.get(Transaction):
                await replays.begin(first)
                raise ZeroDivisionError
        with pytest.raises(RequestInFlight):
            await replays.begin(first)


@pytest.mark.parametrize("delay", [timedelta(0), ABANDONED, LIFETIME])
async def test_of_many_at_once_one_begins(world: AsyncContainer, delay: timedelta) -> None:
    """Whether there was none, an abandoned or an expired one."""
    replays, first = await world.get(Replays), await an_attempt(world)
    if delay:
        await replays.begin(first)
    tries = (replays.begin(later(first, delay)) for _ in range(20))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert answers.count(None) == 1
    assert sum(isinstance(answer, RequestInFlight) for answer in answers) == 19


async def test_who_purges_sees_nothing_but_what_expired(postgres: AsyncContainer) -> None:
    """By row security, whatever the statement says."""
    replays, database = await postgres.get(Replays), Database(await postgres.get(Pool))
    now = (await postgres.get(Clock)).now()
    expired = await an_attempt(postgres)
    fresh = replace(await an_attempt(postgres, "bob@example.org"), at=now)
    for attempt in (expired, fresh):
        await replays.begin(attempt)
    every = Statement(select(idempotency_keys.c.user_id))
    seen = await database.rows(every, owner=NOBODY)
    assert [row["user_id"] for row in seen] == [expired.owner]
    assert await database.rows(every) == []
    gone = Statement(delete(idempotency_keys).returning(idempotency_keys.c.user_id))
    assert len(await database.rows(gone, owner=NOBODY)) == 1


async def test_a_fingerprint_cannot_be_guessed_from_its_row(postgres: AsyncContainer) -> None:
    """A body may hold a password, and a bare hash is quick to try."""
    replays, database = await postgres.get(Replays), Database(await postgres.get(Pool))
    first = await an_attempt(postgres)
    await replays.begin(first)
    every = Statement(select(idempotency_keys.c.body_sha256))
    (row,) = await database.rows(every, owner=first.owner)
    assert first.fingerprint not in row["body_sha256"]
