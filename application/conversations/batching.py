import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress

from application.models.exports import ChatEvent, Delta


async def batched(events: AsyncIterable[ChatEvent], pause: float) -> AsyncGenerator[str]:
    """The pieces of a text: the first at once, and then what has come within `pause` seconds. What
    ends the events ends this, after all that came before."""
    pieces: list[str] = []
    came = asyncio.Event()

    async def read() -> None:
        async for event in events:
            if isinstance(event, Delta):
                pieces.append(event.text)
                came.set()

    reading = asyncio.create_task(read())
    reading.add_done_callback(lambda _: came.set())
    try:
        while await came.wait():
            came.clear()
            if pieces:
                text = "".join(pieces)
                pieces.clear()
                yield text
            if reading.done() and not pieces:
                break
            if not reading.done():
                await asyncio.wait([reading], timeout=pause)
        await reading
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await reading
