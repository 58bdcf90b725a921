"""A system of observation that is dead, hangs or fails costs no answer anything."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import msgspec
import pytest

from entrypoints.embedded_postgres import Cluster
from tests.conftest import new_database
from tests.contract.tracing.collector import Collector, collecting
from tests.e2e.conversations.conftest import ASKED, Deployment, Json, deployed
from tests.running import QUICKLY, Running, free_port, until

ANSWERS = 50


@dataclass(frozen=True)
class Unwatched:
    """A deployment whose systems of observation do not work."""

    deployment: Deployment
    collectors: list[Collector]


@pytest.fixture(params=["slow, dead", "broken, slow"])
def unwatched(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Unwatched]:
    """The one by OpenTelemetry's protocol, and Langfuse."""
    with ExitStack() as stack:
        collectors = [stack.enter_context(collecting()) for _ in range(2)]
        for collector, how in zip(collectors, request.param.split(", "), strict=True):
            if how == "slow":
                collector.hold()
            elif how == "broken":
                collector.status = 500
            else:
                collector.url = f"http://127.0.0.1:{free_port()}"
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collectors[0].url,
            "LANGFUSE_HOST": collectors[1].url,
            "LANGFUSE_PUBLIC_KEY": "pk-lf-test",
            "LANGFUSE_SECRET_KEY": "sk-lf-5ecre7",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "AI_REQUESTS_PER_MINUTE": "0",
        }
        folder = tmp_path_factory.mktemp("unwatched")
        deployment = stack.enter_context(deployed(new_database(cluster), folder, **settings))
        yield Unwatched(deployment, collectors)


def complaints(process: Running) -> list[str]:
    """What its libraries have logged that is worse than information: our own lines are words."""
    found = []
    for line in process.output.splitlines():
        with suppress(msgspec.DecodeError):
            logged: Json = msgspec.json.decode(line)
            if logged["level"] in ("warning", "error", "critical") and " " in logged["event"]:
                found.append(logged["event"])
    return found


def test_answers_in_turn_are_whole_and_wait_for_no_system_of_observation(
    unwatched: Unwatched,
) -> None:
    """One worker makes each after the one before: were a trace waited for, the last would come after
    some minutes."""
    deployment, ada = unwatched.deployment, unwatched.deployment.reader()
    api, worker = deployment.a, deployment.workers[0]
    deployment.workers[1].end()
    place = f"/chat/conversations/{deployment.conversation(api, ada)}/messages"
    pending = [
        api.post(place, headers=ada.headers, json={"content": ASKED}).json()["answer"]
        for _ in range(ANSWERS)
    ]
    for answer in reversed(pending):
        ended = deployment.ended(api, ada, answer)
        assert (ended["status"], ended["error"]) == ("complete", None)
        assert "ten years" in ended["content"]
        assert deployment.charges(answer) == [("ok", "openai")]
        rated = f"/messages/{answer['id']}/feedback"
        told = api.put(rated, headers=ada.headers, json={"rating": "down"})
        assert told.status_code == 200

    until(lambda: any(collector.arrived > 1 for collector in unwatched.collectors))
    assert not any(collector.posted for collector in unwatched.collectors)
    until(lambda: complaints(worker))
    for process in (*deployment.apis, worker):
        said = Counter(event[:40] for event in complaints(process))
        assert set(said.values()) <= {1}, said  # not for every answer
        assert "Traceback" not in process.output
        assert "5ecre7" not in process.output
    assert worker.stop() < QUICKLY
    assert worker.process.returncode == 0
