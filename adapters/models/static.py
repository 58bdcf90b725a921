"""The static table of WordLlama: 256 dimensions, a look-up instead of a network. Eighty times
as fast as MiniLM, and weaker: it knows words, not sentences."""

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from adapters.models.packaged import installed, verified
from application.knowledge.ports import Leaving, Vector

PACKAGE = "wordllama"
TABLE = (
    "weights/l2_supercat_256.safetensors",
    "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
)
TOKENIZER = (
    "tokenizers/l2_supercat_tokenizer_config.json",
    "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
)
TENSOR = "embedding.weight"
BATCH = 64  # texts between two looks at whether somebody else is waiting
_NO_TEXT = 0  # the token that stands for nothing known


class StaticEmbedder:
    """One thread does all the work, so that the event loop stays free. The table is read at the
    first text, or by `warm`."""

    embedding_set = "wordllama-l2-supercat-256"
    dimensions = 256
    is_external = False

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="static")
        self._table: _Table | None = None

    @property
    def is_installed(self) -> bool:
        return installed(PACKAGE)

    async def warm(self) -> None:
        """Read the table now. Raises ModelUnusable."""
        await self._run(self._read)

    async def embed(self, texts: Sequence[str], _: Leaving | None = None) -> list[Vector]:
        table = await self._run(self._read)
        vectors: list[Vector] = []
        for start in range(0, len(texts), BATCH):
            vectors += await self._run(table.vectors, texts[start : start + BATCH])
        return vectors

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _read(self) -> "_Table":
        if self._table is None:
            self._table = _Table()
        return self._table

    async def _run[*Args, T](self, work: Callable[[*Args], T], *args: *Args) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)


class _Table:
    """Tokenizer and rows. Used by one thread only."""

    def __init__(self) -> None:
        # Not there without the static-models extra.
        import numpy
        from tokenizers import Tokenizer

        self._numpy = numpy
        self._rows = rows(verified(PACKAGE, *TABLE, "static-models"))
        text = verified(PACKAGE, *TOKENIZER, "static-models").decode()
        self._tokenizer = Tokenizer.from_str(text)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """The mean of each text's rows, brought to length 1."""
        np = self._numpy
        means = np.stack([self._rows[self._tokens(text)].mean(axis=0) for text in texts])
        found: list[list[float]] = (means / np.linalg.norm(means, axis=1, keepdims=True)).tolist()
        return found

    def _tokens(self, text: str) -> list[int]:
        """One by one: encode_batch would start threads of its own."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids or [_NO_TEXT]


def rows(safetensors: bytes) -> Any:
    """The format is a length, a header in JSON and the numbers: no library is needed."""
    import numpy

    start = 8 + int.from_bytes(safetensors[:8], "little")
    tensor = json.loads(safetensors[8:start])[TENSOR]
    first, last = (start + offset for offset in tensor["data_offsets"])
    numbers = numpy.frombuffer(safetensors[first:last], numpy.float16)
    return numbers.reshape(tensor["shape"]).astype(numpy.float32)
