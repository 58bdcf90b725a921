"""What every adapter of Signals and Listener promises."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from dishka import AsyncContainer

from application.shared.ports import Listener, Signals, Transaction

SOON = 10.0


async def send(world: AsyncContainer, *topics: object) -> None:
    async with world() as request, await request.get(Transaction):
        for topic in topics:
            await (await request.get(Signals)).send(topic)


async def until_heard(world: AsyncContainer) -> None:
    """The first to listen waits for a connection; whoever gets this has one."""
    topic = uuid4()
    with (await world.get(Listener)).listening(topic) as event:
        async with asyncio.timeout(SOON):
            while not event.is_set():
                await send(world, topic)
                await asyncio.sleep(0)


@pytest.fixture
async def hearing(world: AsyncContainer) -> AsyncIterator[AsyncContainer]:
    await until_heard(world)
    yield world


async def test_a_signal_wakes_everybody_who_listens_to_its_topic(hearing: AsyncContainer) -> None:
    topic, listener = uuid4(), await hearing.get(Listener)
    with listener.listening(topic) as one, listener.listening(topic) as another:
        await send(hearing, topic)
        async with asyncio.timeout(SOON):
            await asyncio.gather(one.wait(), another.wait())


async def test_another_topic_and_what_is_rolled_back_wake_nobody(hearing: AsyncContainer) -> None:
    topic, last, listener = uuid4(), uuid4(), await hearing.get(Listener)
    with listener.listening(topic) as event, listener.listening(last) as end:
        with pytest.raises(ZeroDivisionError):
            async with hearing() as request, await request.get(Transaction):
                await (await request.get(Signals)).send(topic)
                1 / 0  # noqa: B018
        await send(hearing, uuid4(), last)
        async with asyncio.timeout(SOON):
            await end.wait()
        assert not event.is_set()


async def test_a_signal_is_sent_inside_a_transaction(world: AsyncContainer) -> None:
    async with world() as request:
        with pytest.raises(RuntimeError):
            await (await request.get(Signals)).send(uuid4())


async def test_a_hundred_listeners_share_a_connection_which_is_opened_again(
    postgres: AsyncContainer, database: str
) -> None:
    await until_heard(postgres)
    listener, topic = await postgres.get(Listener), uuid4()
    connection = await asyncpg.connect(database, ssl=False)
    open_ones = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE application_name = 'colonnade signals' AND datname = current_database()"
    )
    with listener.listening(topic) as event:
        for _ in range(100):
            with listener.listening(uuid4()):
                pass
        (row,) = await connection.fetch(open_ones)
        await connection.execute("SELECT pg_terminate_backend($1)", row["pid"])
        async with asyncio.timeout(SOON):
            await event.wait()  # it may have missed something
        (again,) = await connection.fetch(open_ones)
        assert again["pid"] != row["pid"]
    await connection.close()
