"""What systems of observation are told of real answers: all of what they took, none of what they say."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
import pytest

from entrypoints.embedded_postgres import Cluster
from tests.conftest import new_database
from tests.contract.tracing.collector import (
    Collector,
    Span,
    attributes,
    collecting,
    is_root_of,
    stages,
)
from tests.e2e.conversations.conftest import ASKED, Deployment, Json, deployed, streaming
from tests.running import Running, sql, until
from tests.security.conftest import Session

OK, ERROR = 0, 2  # of a span's status
PRICED = """
INSERT INTO prices SELECT gen_random_uuid(), 'cites', provider, input, cached, output, currency,
    valid_from, valid_to FROM prices WHERE model = 'gpt-4'
"""
COST = "SELECT cost FROM usage_events WHERE message_id = $1"


@dataclass(frozen=True)
class Watched:
    """A deployment, and who is told of its answers."""

    deployment: Deployment
    otlp: Collector
    langfuse: Collector

    def ask(self, session: Session, **question: str) -> Json:
        """The answer, once it has ended."""
        api = self.deployment.a
        pending = self.deployment.ask(api, session, **question)["answer"]
        return self.deployment.ended(api, session, pending)

    def cost(self, answer: Json) -> float:
        """What it was charged with."""
        ((cost,),) = sql(self.deployment.url, COST, UUID(answer["id"]))
        return float(cost)

    def trace(self, collector: Collector, answer: Json) -> tuple[Span, dict[str, Span]]:
        """The root and its parts, in the order in which they began."""
        answer_id = UUID(answer["id"])
        until(lambda: any(is_root_of(answer_id, span) for span in collector.spans))
        root, parts = stages(collector.spans, answer_id)
        for part in parts:
            assert root.start_time_unix_nano <= part.start_time_unix_nano
            assert part.end_time_unix_nano <= root.end_time_unix_nano
        return root, {part.name: part for part in parts}


def happened_in(span: Span, at: float) -> bool:
    """To the millisecond."""
    return bool(span.start_time_unix_nano - 1e6 <= at <= span.end_time_unix_nano + 1e6)


@pytest.fixture(scope="module")
def watched(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    with ExitStack() as stack:
        otlp, langfuse = stack.enter_context(collecting()), stack.enter_context(collecting())
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url,
            "LANGFUSE_HOST": langfuse.url,
            "LANGFUSE_PUBLIC_KEY": "pk-lf-test",
            "LANGFUSE_SECRET_KEY": "sk-lf-5ecre7",
            "OTEL_BSP_SCHEDULE_DELAY": "200",  # ms: by default a batch leaves after 5 s
        }
        deployment = stack.enter_context(deployed(new_database(cluster), folder, **settings))
        sql(deployment.url, PRICED)
        yield Watched(deployment, otlp, langfuse)


def test_a_models_answer_is_one_trace_of_five_stages(watched: Watched) -> None:
    ada = watched.deployment.reader()
    answer = watched.ask(ada, trace_id="theirs-1")
    assert answer["status"] == "complete"

    root, parts = watched.trace(watched.otlp, answer)
    assert (root.name, root.status.code) == ("answer", OK)
    assert [*parts] == ["retrieve", "prompt", "call", "verify", "persist"]
    told = attributes(root)
    assert told["colonnade.status"] == "complete"
    assert told["colonnade.mode"] == "model"
    assert told["colonnade.client_trace_id"] == "theirs-1"
    assert told["gen_ai.conversation.id"] == answer["conversation_id"]
    me = watched.deployment.a.get("/users/me", headers=ada.headers).json()
    assert told["user.id"] == me["id"]

    call = parts["call"]
    told = attributes(call)
    assert told["gen_ai.request.model"] == "cites"
    assert told["gen_ai.response.model"] == answer["model_used"] == "cites-0613"
    assert told["gen_ai.usage.input_tokens"] == answer["prompt_tokens"]
    assert told["gen_ai.usage.output_tokens"] == answer["completion_tokens"]
    assert told["colonnade.cost"] == watched.cost(answer) > 0
    assert happened_in(call, root.start_time_unix_nano + told["colonnade.first_token_ms"] * 10**6)


def test_langfuse_has_the_same_trace_with_a_generation_and_the_feedback_as_its_score(
    watched: Watched,
) -> None:
    ada, api = watched.deployment.reader(), watched.deployment.b
    answer = watched.ask(ada)
    root, parts = watched.trace(watched.langfuse, answer)
    assert [*parts] == ["retrieve", "prompt", "call", "verify", "persist"]
    assert attributes(root)["session.id"] == answer["conversation_id"]
    generation = attributes(parts["call"])
    assert generation["langfuse.observation.type"] == "generation"
    assert generation["langfuse.observation.model.name"] == "cites-0613"
    first = msgspec.json.decode(generation["langfuse.observation.completion_start_time"])
    assert happened_in(parts["call"], datetime.fromisoformat(first).timestamp() * 1e9)
    used = msgspec.json.decode(generation["langfuse.observation.usage_details"])
    assert used["input"] + used["input_cached_tokens"] == answer["prompt_tokens"]
    assert used["output"] + used["output_reasoning_tokens"] == answer["completion_tokens"]

    cost = msgspec.json.decode(generation["langfuse.observation.cost_details"])
    assert cost == {"total": watched.cost(answer)}

    place, rating = f"/messages/{answer['id']}/feedback", {"rating": "up", "comment": "splendid"}
    assert api.put(place, headers=ada.headers, json=rating).status_code == 200
    until(watched.langfuse.scores)
    (score,) = watched.langfuse.scores()
    assert UUID(score["traceId"]) == UUID(answer["id"])
    assert (score["name"], score["value"]) == ("feedback", 1.0)
    assert b"splendid" not in watched.langfuse.words


def test_a_quoted_answer_is_a_trace_without_a_call(watched: Watched) -> None:
    answer = watched.ask(watched.deployment.reader(), model="extractive")
    for collector in (watched.otlp, watched.langfuse):
        _, parts = watched.trace(collector, answer)
        assert [*parts] == ["retrieve", "persist"]


def test_a_failed_answer_is_a_trace_with_its_code(watched: Watched) -> None:
    answer = watched.ask(watched.deployment.reader(), model="cut-after")
    for collector in (watched.otlp, watched.langfuse):
        root, parts = watched.trace(collector, answer)
        assert [*parts] == ["retrieve", "prompt", "call", "persist"]
        assert (root.status.code, root.status.message) == (ERROR, "model_broken")
        assert parts["call"].status.code == ERROR
        assert parts["persist"].status.code == OK


def test_a_stopped_answer_is_a_trace_that_says_so_and_no_error(watched: Watched) -> None:
    ada, api = watched.deployment.reader(), watched.deployment.a
    answer = watched.deployment.ask(api, ada, model="paced:300")["answer"]
    with streaming(api, f"/messages/{answer['id']}/events", ada) as told:
        next(event for event in told if event["event"] == "text.delta")
        api.post(f"/messages/{answer['id']}/stop", headers=ada.headers)
    for collector in (watched.otlp, watched.langfuse):
        root, parts = watched.trace(collector, answer)
        assert [*parts] == ["retrieve", "prompt", "call", "persist"]
        assert {root.status.code, *(part.status.code for part in parts.values())} == {OK}
        assert "stopped" in attributes(root).values()
    _, parts = watched.trace(watched.otlp, answer)
    assert attributes(parts["call"])["colonnade.status"] == "cancelled"


def test_an_interrupted_answer_is_a_trace_too(watched: Watched) -> None:
    """Of the worker that finds it, for the one that made it is dead."""
    ada, deployment = watched.deployment.reader(), watched.deployment
    answer = deployment.ask(deployment.a, ada, model="paced:300")["answer"]
    with streaming(deployment.a, f"/messages/{answer['id']}/events", ada) as told:
        next(event for event in told if event["event"] == "text.delta")
        deployment.kill_workers()
        deployment.start_workers()
    root, parts = watched.trace(watched.otlp, answer)
    assert (root.status.code, root.status.message) == (ERROR, "interrupted")
    assert not parts


def test_no_address_and_no_word_of_questions_answers_or_documents_leaves(watched: Watched) -> None:
    ada = watched.deployment.reader()
    answers = [
        watched.ask(ada),
        watched.ask(ada, model="extractive"),
        watched.ask(ada, model="echo"),
    ]
    for collector in (watched.otlp, watched.langfuse):
        for answer in answers:
            watched.trace(collector, answer)
        words = collector.words.lower()
        assert b"answer" in words
        for secret in (
            b"invoices",
            b"ten years",
            b"@example",
            b"policy.md",
            ASKED.lower().encode(),
        ):
            assert secret not in words


def test_words_leave_for_langfuse_alone_and_only_when_the_operator_says_so(
    watched: Watched,
) -> None:
    deployment, ada = watched.deployment, watched.deployment.reader()
    capturing = Running(
        "worker",
        deployment.workers[0].log.with_name("worker-capturing.log"),
        deployment.environ | {"LANGFUSE_CAPTURE_CONTENT": "true"},
    )
    deployment.kill_workers()
    capturing.start()
    try:
        answer = watched.ask(ada)
        root, parts = watched.trace(watched.langfuse, answer)
        watched.trace(watched.otlp, answer)
    finally:
        capturing.end()
        deployment.start_workers()
    for span in (root, parts["call"]):
        told = attributes(span)
        assert told["langfuse.observation.input"] == ASKED
        assert told["langfuse.observation.output"] == answer["content"]
    assert ASKED.encode() not in watched.otlp.words
