"""Any endpoint that speaks OpenAI's `/embeddings`: OpenAI's own, Ollama's, vLLM's, llama.cpp's."""

import asyncio
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated

import httpx
import msgspec
from msgspec import Meta, Struct

from application.knowledge.ports import Leaving, Outgoing, Vector
from domain.shared.errors import Unavailable

PROVIDER = "openai_compatible"
BATCH = 64  # texts of one request
LONGEST = 4_000  # code points: the rest of a text is not sent, for it would be refused as a whole
TRIES = 4
PATIENCE = timedelta(seconds=60)  # for one answer
LONGEST_WAIT = timedelta(seconds=20)  # whoever is told to wait longer gives up, and comes back
_NUMBER = 32  # bytes of a number in JSON, at most
_BUSY = (408, 429)
_JSON = {"content-type": "application/json"}


class ExternalEmbedder:
    """The texts leave this machine. A vector that comes back is believed when its number, length
    and every one of its numbers are as they have to be."""

    is_external = True

    def __init__(
        self,
        client: httpx.AsyncClient,
        model: str,
        dimensions: int,
        *,
        pause: timedelta = timedelta(seconds=0.5),
    ) -> None:
        """`client` knows the endpoint's URL and key; `pause` is the wait before the second try."""
        self.dimensions = dimensions
        self.embedding_set = f"{model.replace(':', '--')}/{dimensions}"
        self._client, self._model, self._pause = client, model, pause

    async def embed(self, texts: Sequence[str], leaving: Leaving) -> list[Vector]:
        vectors: list[Vector] = []
        for start in range(0, len(texts), BATCH):
            vectors += await self._batch(texts[start : start + BATCH], leaving)
        return vectors

    async def _batch(self, texts: Sequence[str], leaving: Leaving) -> list[Vector]:
        # Empty texts are refused by some.
        body = {"model": self._model, "input": [text[:LONGEST] or " " for text in texts]}
        outgoing = Outgoing(PROVIDER, self._model, msgspec.json.encode(body))
        answer = await self._answer(outgoing, leaving)
        found = sorted(answer.data, key=lambda item: item.index)
        if [item.index for item in found] != list(range(len(texts))):
            raise _unusable(f"{len(found)} vectors for {len(texts)} texts")
        return [self._unit(item.embedding) for item in found]

    async def _answer(self, outgoing: Outgoing, leaving: Leaving) -> "_Answer":
        for number in range(TRIES):
            await leaving(outgoing)
            try:
                return await self._ask(outgoing.body)
            except _Again as again:
                wait = self._pause * 2**number if again.wait is None else again.wait
                if number + 1 == TRIES or wait > LONGEST_WAIT:
                    raise Unavailable(f"the embedding endpoint {again}", wait) from again
            await asyncio.sleep(wait.total_seconds())
        raise AssertionError("the last try returns or raises")

    async def _ask(self, body: bytes) -> "_Answer":
        """One try. Raises _Again when another may succeed, else Unavailable."""
        try:
            async with (
                asyncio.timeout(PATIENCE.total_seconds()),
                self._client.stream("POST", "embeddings", content=body, headers=_JSON) as response,
            ):
                _check(response)
                return msgspec.json.decode(await self._content(response), type=_Answer)
        except TimeoutError:
            raise _Again("did not answer in time") from None
        except httpx.TransportError as error:
            raise _Again(f"cannot be reached: {type(error).__name__}") from None
        except (httpx.DecodingError, msgspec.MsgspecError, UnicodeDecodeError):
            raise _unusable("what is no list of vectors") from None

    async def _content(self, response: httpx.Response) -> bytes:
        most = BATCH * self.dimensions * _NUMBER + 100_000
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > most:
                raise _unusable("more than was asked for")
        return bytes(content)

    def _unit(self, vector: list[float]) -> Vector:
        if len(vector) != self.dimensions:
            raise _unusable(f"{len(vector)} dimensions instead of {self.dimensions}")
        length = math.hypot(*vector)
        if not math.isfinite(length) or length == 0:
            raise _unusable("a vector without a direction")
        return [number / length for number in vector]


class _Again(Exception):
    def __init__(self, reason: str, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _Item(Struct):
    index: Annotated[int, Meta(ge=0)]
    embedding: list[float]


class _Answer(Struct):
    data: list[_Item]


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if status in _BUSY or status >= 500:
        raise _Again(f"answered {status}", _retry_after(response.headers.get("retry-after")))
    if status != 200:
        # Its body may quote the document: the status has to do.
        raise Unavailable(f"the embedding endpoint answered {status}", timedelta(minutes=1))


def _retry_after(value: str | None) -> timedelta | None:
    """Seconds or a date; None for anything else."""
    if value is None:
        return None
    try:
        return timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        pass
    try:
        return max(parsedate_to_datetime(value) - datetime.now(UTC), timedelta())
    except (ValueError, TypeError):
        return None


def _unusable(what: str) -> Unavailable:
    return Unavailable(f"the embedding endpoint sent {what}", timedelta(minutes=1))
