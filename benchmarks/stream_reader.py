"""Reads streams of a provider, all at once: `python -m benchmarks.stream_reader WAY URL COUNT MODEL`
prints what it took as JSON. WAY `client` is OpenAI's client and nothing else; `dispatch` is our door
with that client behind it, over the memory adapters, so that no database is measured with it. Both on the loop that a worker has."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import msgspec
import openai
import uvloop
from msgspec import Struct

from adapters.memory.world import World
from adapters.models.openai_chat import Endpoint, OpenAiChat, Timeouts
from application.analytics.exports import Feature
from application.identity.exports import ConsentPurpose
from application.models.exports import (
    ChatMessage,
    ChatModels,
    ChatRequest,
    Delta,
    Dispatch,
    Order,
    Role,
)
from domain.shared.ids import UserId

_PROMPT = "Say some words."
_KEY = "sk-bench"


class Took(Struct, frozen=True):
    """Seconds of CPU."""

    cpu: float


async def client(url: str, count: int, model: str) -> Took:
    alone = openai.AsyncOpenAI(base_url=url, api_key=_KEY, max_retries=0)

    async def read() -> int:
        stream = await alone.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": _PROMPT}],
            stream=True,
            stream_options={"include_usage": True},
        )
        pieces = 0
        async for chunk in stream:
            pieces += bool(chunk.choices and chunk.choices[0].delta.content)
        return pieces

    return await _measured(read, count)


async def dispatch(url: str, count: int, model: str) -> Took:
    chat = OpenAiChat(Endpoint("openai", url, _KEY, model), Timeouts())
    world = World({ChatModels: ChatModels((chat,))})

    async def read() -> int:
        order = Order(
            attempt_id=uuid4(),
            user_id=UserId(uuid4()),
            feature=Feature.CHAT,
            purpose=ConsentPurpose.AI_EXTERNAL_DOCUMENTS,
            request=ChatRequest(messages=(ChatMessage(Role.USER, _PROMPT),)),
        )
        async with world.get(Dispatch)(order) as call:
            return sum([isinstance(event, Delta) async for event in call])

    return await _measured(read, count)


async def _measured(read: Callable[[], Awaitable[int]], count: int) -> Took:
    await read()  # what is done once is done
    before = time.process_time()
    pieces = await asyncio.gather(*(read() for _ in range(count)))
    took = time.process_time() - before
    if len(set(pieces)) != 1 or not pieces[0]:
        raise RuntimeError(f"the streams had {sorted(set(pieces))} pieces")
    return Took(took)


if __name__ == "__main__":
    way = {"client": client, "dispatch": dispatch}[sys.argv[1]]
    took = uvloop.run(way(sys.argv[2], int(sys.argv[3]), sys.argv[4]))
    sys.stdout.buffer.write(msgspec.json.encode(took))
