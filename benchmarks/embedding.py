"""How many texts a second each local model embeds, beside the model's own loop on the same texts in
the same process: at least 0.8 of it.

A text is a Cranfield abstract, as ingestion gives it to the model. The own loops are those of the
models' makers, without what only ours does: MiniLM by onnxruntime with batches of four in
the order of the texts, WordLlama by its package's `embed`. Each has one thread, and time counts as
CPU: what else the machine does is not measured.
"""

import asyncio
import os
import time
from collections.abc import Callable

import numpy as np
from tokenizers import Tokenizer

from adapters.models import minilm, static
from adapters.models.minilm import MiniLmEmbedder
from adapters.models.packaged import verified
from adapters.models.static import StaticEmbedder
from benchmarks import cranfield
from benchmarks.harness import Bench
from benchmarks.measure import ROUNDS, Measure, Result, Skipped

NAME = "embedding"
TARGET = 0.8
TEXTS = {"minilm": 64, "static": 1400}
_BATCH = 4  # of these texts: the fastest here

type Loop = Callable[[list[str]], object]


def run(_: Bench) -> list[Result]:
    if not cranfield.FOLDER.is_dir():
        return [Skipped(NAME, cranfield.ABSENT)]
    texts = [f"{one.title}\n{one.body}" for one in cranfield.read().abstracts]
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    return [
        _compared("minilm", MiniLmEmbedder(), _minilm_alone(), texts[: TEXTS["minilm"]]),
        _compared("static", StaticEmbedder(), _wordllama(), texts[: TEXTS["static"]]),
    ]


def _compared(
    name: str, embedder: MiniLmEmbedder | StaticEmbedder, own: Loop, texts: list[str]
) -> Measure:
    ours = _ours(embedder)
    _rate(ours, texts[:8]), _rate(own, texts[:8])  # loads both
    rounds = [(_rate(ours, texts), _rate(own, texts)) for _ in range(ROUNDS)]
    embedder.close()
    middle = sorted(rounds, key=lambda pair: pair[0] / pair[1])[ROUNDS // 2]
    return Measure(
        name=f"{NAME}, {name}",
        unit="texts/CPU-s",
        value=middle[0],
        floor=middle[1],
        rounds=[mine / theirs for mine, theirs in rounds],
        target=TARGET,
    )


def _rate(loop: Loop, texts: list[str]) -> float:
    began = time.process_time()
    loop(texts)
    return len(texts) / (time.process_time() - began)


def _ours(embedder: MiniLmEmbedder | StaticEmbedder) -> Loop:
    return lambda texts: asyncio.run(embedder.embed(texts))


def _minilm_alone() -> Loop:
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = verified(minilm.PACKAGE, "model.onnx", minilm.SHA256, "local-models")
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(minilm.TOKENIZER))
    tokenizer.enable_padding()
    tokenizer.enable_truncation(minilm.LONGEST)

    def loop(texts: list[str]) -> None:
        for start in range(0, len(texts), _BATCH):
            encoded = tokenizer.encode_batch(texts[start : start + _BATCH])
            ids = np.array([one.ids for one in encoded], np.int64)
            mask = np.array([one.attention_mask for one in encoded], np.int64)
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
            (states,) = session.run(None, given)
            means = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
            means /= np.linalg.norm(means, axis=1, keepdims=True)

    return loop


def _wordllama() -> Loop:
    """Its package, but not its loader, which is broken."""
    from wordllama.inference import WordLlamaInference  # type: ignore[import-untyped]

    text = verified(static.PACKAGE, *static.TOKENIZER, "static-models").decode()
    rows = static.rows(verified(static.PACKAGE, *static.TABLE, "static-models"))
    model = WordLlamaInference(rows, Tokenizer.from_str(text))
    return lambda texts: model.embed(texts, norm=True)
