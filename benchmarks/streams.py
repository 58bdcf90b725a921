"""What our door to a provider adds to reading its streams.

- 50 streams at once, of 200 words each, a word every 10 ms: `value` and `floor` are the seconds of
  CPU that a reader takes through the dispatch, and with OpenAI's client alone. What is guarded is that
  timeouts, bounds, counting and the ledger cost no more than the client itself.

The provider is the scripted one of the tests, a process on the other core.
"""

import msgspec

from benchmarks.harness import Bench
from benchmarks.load import HOST
from benchmarks.measure import ROUNDS, Measure, Result
from benchmarks.processes import LOAD_CORES, SERVER_CORES, Process, Server, free_port
from benchmarks.stream_reader import Took

STREAMS = 50
WORDS = 200
MODEL = f"paced:{WORDS}"


def run(bench: Bench) -> list[Result]:
    port, log = free_port(), bench.data_dir / "provider.log"
    with Process(["tests.model_provider", str(port)], LOAD_CORES, {}, log) as provider:
        Server(port, provider).await_answer()
        url = f"http://{HOST}:{port}/v1"
        rounds = [
            (_read(bench, "dispatch", url), _read(bench, "client", url)) for _ in range(ROUNDS)
        ]
    ratios = [ours.cpu / alone.cpu for ours, alone in rounds]
    ours, alone = sorted(rounds, key=lambda pair: pair[0].cpu / pair[1].cpu)[ROUNDS // 2]
    pieces = STREAMS * WORDS
    return [
        Measure(
            name=f"{STREAMS} streams of a provider, through the dispatch",
            unit="s CPU",
            value=ours.cpu,
            floor=alone.cpu,
            rounds=ratios,
            target=2.0,
            at_most=True,
            details={
                "us_each_piece": ours.cpu / pieces * 1e6,
                "alone_us_each_piece": alone.cpu / pieces * 1e6,
            },
        )
    ]


def _read(bench: Bench, way: str, url: str) -> Took:
    arguments = ["benchmarks.stream_reader", way, url, str(STREAMS), MODEL]
    log = bench.data_dir / "reader.log"
    with Process(arguments, SERVER_CORES, {}, log, stdin=b"") as reader:
        return msgspec.json.decode(reader.output(seconds=120), type=Took)
