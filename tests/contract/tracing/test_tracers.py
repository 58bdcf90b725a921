"""What collectors are told of an answer, what they are not told, and that a dead one costs nothing."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from adapters.tracing.langfuse import LangfuseTracer
from adapters.tracing.otlp import OtlpTracer
from adapters.tracing.spans import QUEUE
from application.analytics.exports import (
    EXTRACTIVE,
    LOCAL,
    Feature,
    TokensSource,
    UsageEvent,
    UsageStatus,
)
from application.models.tracing import Outcome, Stage, Trace, Tracers
from domain.shared.ids import UserId
from tests.contract.tracing.collector import Collector, attributes, collecting, stages
from tests.running import free_port, until

BATCH = 512  # spans that leave together
QUESTION, ANSWER = "How long do we keep the secret invoices?", "For ten secret years [1]."
USER = UserId(UUID(int=7))


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def otlp(url: str) -> OtlpTracer:
    return OtlpTracer(url)


def langfuse(url: str, *, capture: bool = False) -> LangfuseTracer:
    return LangfuseTracer(url, f"pk-{uuid4()}", "sk-5ecre7", capture=capture)


def an_outcome(answer_id: UUID, **given: object) -> Outcome:
    usage = UsageEvent(
        id=answer_id,
        user_id=USER,
        feature=Feature.CHAT,
        provider="openai",
        model_asked="gpt-4",
        model_used="gpt-4-0613",
        status=UsageStatus.OK,
        started_at=datetime(2026, 11, 25, tzinfo=UTC),
        total_ms=900,
        first_token_ms=250,
        input_tokens=100,
        cached_input_tokens=40,
        output_tokens=20,
        reasoning_tokens=5,
        tokens_source=TokensSource.PROVIDER,
    )
    usual = {
        "status": "complete",
        "mode": "model",
        "question": QUESTION,
        "answer": ANSWER,
        "usage": usage,
    }
    return Outcome(**usual | {"cost": Decimal("0.0042")} | given)  # type: ignore[arg-type]


def a_trace(answer_id: UUID | None = None) -> Trace:
    """Of an answer that went through every stage."""
    trace = Trace(
        answer_id=answer_id or uuid4(),
        user_id=USER,
        conversation_id=UUID(int=9),
        client_trace_id="theirs-1",
    )
    for stage in Stage:
        with trace.stage(stage):
            pass
    return trace


@pytest.mark.parametrize("tracer_of", [otlp, langfuse])
def test_an_answer_is_one_trace_of_its_stages_under_its_own_id(
    collector: Collector, tracer_of: Callable[[str], OtlpTracer | LangfuseTracer]
) -> None:
    tracer, traces = tracer_of(collector.url), [a_trace(), a_trace()]
    for trace in traces:
        tracer.finish(trace, an_outcome(trace.answer_id))
    tracer.close()
    assert tracer.lost == 0
    assert collector.resources[0]["service.name"] == "colonnade"
    for trace in traces:
        root, parts = stages(collector.spans, trace.answer_id)
        assert root.name == "answer"
        assert [span.name for span in parts] == [*Stage]
        times = [(span.start_time_unix_nano, span.end_time_unix_nano) for span in parts]
        assert times == [(step.began, step.ended) for step in trace.steps]
        assert root.start_time_unix_nano == trace.began <= times[0][0]
        assert root.end_time_unix_nano >= times[-1][1]


def test_a_collector_learns_which_model_was_called_and_what_it_used(collector: Collector) -> None:
    tracer, trace = otlp(collector.url), a_trace()
    tracer.finish(trace, an_outcome(trace.answer_id))
    tracer.close()
    (call,) = [span for span in collector.spans if span.name == "call"]
    told = attributes(call)
    assert told["gen_ai.provider.name"] == "openai"
    assert told["gen_ai.request.model"] == "gpt-4"
    assert told["gen_ai.response.model"] == "gpt-4-0613"
    assert told["gen_ai.usage.input_tokens"] == 140
    assert told["gen_ai.usage.output_tokens"] == 25
    assert told["colonnade.cost"] == 0.0042
    (root,) = [span for span in collector.spans if span.name == "answer"]
    assert attributes(root)["colonnade.client_trace_id"] == "theirs-1"


def test_langfuse_gets_a_generation_with_model_usage_cost_and_latency(collector: Collector) -> None:
    tracer, trace = langfuse(collector.url), a_trace()
    tracer.finish(trace, an_outcome(trace.answer_id))
    tracer.close()
    kinds = {span.name: attributes(span)["langfuse.observation.type"] for span in collector.spans}
    assert kinds == dict.fromkeys(Stage, "span") | {"answer": "span", "call": "generation"}
    told = attributes(next(span for span in collector.spans if span.name == "call"))
    assert told["langfuse.observation.model.name"] == "gpt-4-0613"
    assert json.loads(told["langfuse.observation.usage_details"]) == {
        "input": 100,
        "input_cached_tokens": 40,
        "output": 20,
        "output_reasoning_tokens": 5,
    }
    assert json.loads(told["langfuse.observation.cost_details"]) == {"total": 0.0042}
    first = datetime.fromisoformat(json.loads(told["langfuse.observation.completion_start_time"]))
    assert first.timestamp() == pytest.approx(trace.began / 1e9 + 0.25, abs=0.001)
    root = attributes(next(span for span in collector.spans if span.name == "answer"))
    assert root["user.id"] == str(USER)
    assert root["session.id"] == str(UUID(int=9))


@pytest.mark.parametrize("tracer_of", [otlp, langfuse])
def test_a_call_that_was_not_allowed_is_no_call_of_a_model(
    collector: Collector, tracer_of: Callable[[str], OtlpTracer | LangfuseTracer]
) -> None:
    """The answer was quoted instead."""
    tracer, trace = tracer_of(collector.url), a_trace()
    outcome = an_outcome(trace.answer_id)
    assert outcome.usage is not None
    quoted = replace(outcome.usage, provider=LOCAL, model_used=EXTRACTIVE)
    tracer.finish(trace, replace(outcome, usage=quoted))
    tracer.close()
    (call,) = [span for span in collector.spans if span.name == "call"]
    assert attributes(call) in ({}, {"langfuse.observation.type": "span"})


def test_langfuse_is_entered_with_its_keys(collector: Collector) -> None:
    tracer = LangfuseTracer(collector.url, "pk-of-this-test", "sk-5ecre7", capture=False)
    trace = a_trace()
    tracer.finish(trace, an_outcome(trace.answer_id))
    tracer.close()
    path, authorization, _ = collector.posted[0]
    assert path == "/api/public/otel/v1/traces"
    expected = base64.b64encode(b"pk-of-this-test:sk-5ecre7").decode()
    assert authorization == f"Basic {expected}"


def test_what_was_thought_of_an_answer_is_said_of_its_trace(collector: Collector) -> None:
    tracer, answer_id = langfuse(collector.url), uuid4()
    tracer.score(answer_id, "feedback", 1.0)
    tracer.close()
    (score,) = collector.scores()
    assert (score["traceId"], score["name"], score["value"]) == (answer_id.hex, "feedback", 1.0)


@pytest.mark.parametrize("tracer_of", [otlp, langfuse])
def test_no_word_of_a_question_or_an_answer_leaves(
    collector: Collector, tracer_of: Callable[[str], OtlpTracer | LangfuseTracer]
) -> None:
    tracer, trace = tracer_of(collector.url), a_trace()
    tracer.finish(trace, an_outcome(trace.answer_id))
    tracer.close()
    assert collector.spans
    assert b"secret" not in collector.words


def test_words_leave_for_langfuse_when_the_operator_says_so(collector: Collector) -> None:
    tracer, trace = langfuse(collector.url, capture=True), a_trace()
    tracer.finish(trace, an_outcome(trace.answer_id))
    tracer.close()
    for span in collector.spans:
        if span.name in ("answer", "call"):
            assert attributes(span)["langfuse.observation.input"] == QUESTION
            assert attributes(span)["langfuse.observation.output"] == ANSWER


@pytest.mark.parametrize("tracer_of", [otlp, langfuse])
def test_an_answer_that_failed_is_told_with_its_code(
    collector: Collector, tracer_of: Callable[[str], OtlpTracer | LangfuseTracer]
) -> None:
    tracer = tracer_of(collector.url)
    trace = Trace(answer_id=uuid4(), user_id=USER)
    with pytest.raises(ZeroDivisionError), trace.stage(Stage.RETRIEVE):
        raise ZeroDivisionError
    failed = an_outcome(trace.answer_id, status="failed", usage=None, error_code="model_timeout")
    tracer.finish(trace, failed)
    tracer.close()
    told = {span.name: span.status.code for span in collector.spans}
    assert told == {"answer": 2, "retrieve": 2}  # ERROR
    (root,) = [span for span in collector.spans if span.name == "answer"]
    assert root.status.message == "model_timeout"


@pytest.mark.parametrize("tracer_of", [otlp, langfuse])
@pytest.mark.parametrize("how", ["dead", "slow", "broken"])
def test_a_collector_that_is_dead_slow_or_broken_is_not_waited_for(
    collector: Collector, tracer_of: Callable[[str], OtlpTracer | LangfuseTracer], how: str
) -> None:
    url = f"http://127.0.0.1:{free_port()}" if how == "dead" else collector.url
    collector.status = 500 if how == "broken" else 200
    if how == "slow":
        collector.hold()
    tracer = tracer_of(url)
    answers = 2 * QUEUE // (1 + len(Stage))  # twice what the queue holds
    for _ in range(answers):
        trace = a_trace()
        tracer.finish(trace, an_outcome(trace.answer_id))
    tracer.score(uuid4(), "feedback", 0.0)
    tracer.close()
    assert collector.spans == []  # nobody has answered until now
    assert tracer.lost == answers * (1 + len(Stage))


@pytest.mark.parametrize("tracer_of", [otlp, langfuse])
def test_what_waits_for_a_slow_collector_is_bounded(
    collector: Collector, tracer_of: Callable[[str], OtlpTracer | LangfuseTracer]
) -> None:
    collector.hold()
    tracer, answers = tracer_of(collector.url), 3 * QUEUE // (1 + len(Stage))
    for _ in range(answers):
        trace = a_trace()
        tracer.finish(trace, an_outcome(trace.answer_id))
    collector.released.set()
    tracer.close()
    until(lambda: not any(each.name.endswith("-stop") for each in threading.enumerate()))
    assert BATCH < len(collector.spans) <= QUEUE + BATCH  # one was on its way
    assert tracer.lost == answers * (1 + len(Stage)) - len(collector.spans)


def test_without_a_collector_nothing_is_told_and_nothing_fails() -> None:
    trace = a_trace()
    Tracers().finish(trace, an_outcome(trace.answer_id))
    Tracers().score(trace.answer_id, "feedback", 1.0)
    assert [step.stage for step in trace.steps] == [*Stage]
