"""Traces for Langfuse: each answer with its generation, its cost and what was thought of it."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from langfuse import Langfuse, LangfuseOtelSpanAttributes
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from adapters.tracing.spans import TIMEOUT, Attributes, CountingExporter, SpanWriter, Value
from application.analytics.exports import UsageEvent
from application.models.tracing import Outcome, Stage, Step, Trace

_NAMES = LangfuseOtelSpanAttributes


class LangfuseTracer:
    """Words of questions and answers go there only with `capture`. Its provider of spans is its own:
    Langfuse sees nothing else of this process."""

    def __init__(self, host: str, public_key: str, secret_key: str, *, capture: bool) -> None:
        self._capture = capture
        exporter = CountingExporter(_exporter(host, public_key, secret_key))
        self._writer = SpanWriter(exporter)
        self._client = Langfuse(
            public_key=public_key,
            secret_key=secret_key,
            base_url=host,
            timeout=TIMEOUT,
            tracer_provider=self._writer.provider,
            span_exporter=exporter,
            should_export_span=lambda _: True,
        )

    @property
    def lost(self) -> int:
        return self._writer.lost

    def finish(self, trace: Trace, outcome: Outcome) -> None:
        def of_step(step: Step) -> Attributes:
            if step.stage is not Stage.CALL or outcome.generation is None:
                return {_NAMES.OBSERVATION_TYPE: "span"}
            return self._generation(trace, outcome, outcome.generation)

        self._writer.write(trace, outcome, self._answer(trace, outcome), of_step)

    def score(self, answer_id: UUID, name: str, value: float) -> None:
        try:
            self._client.create_score(
                name=name, value=value, trace_id=answer_id.hex, data_type="NUMERIC"
            )
        except Exception as error:  # it is on the way of somebody's request
            structlog.get_logger().warning("score_lost", reason=type(error).__name__)

    def close(self) -> None:
        def stop() -> None:
            self._client.shutdown()
            self._writer.provider.shutdown()

        self._writer.close("langfuse", stop)

    def _answer(self, trace: Trace, outcome: Outcome) -> Attributes:
        facts = {
            _NAMES.TRACE_NAME: "answer",
            _NAMES.OBSERVATION_TYPE: "span",
            _NAMES.TRACE_USER_ID: str(trace.user_id),
            _NAMES.TRACE_SESSION_ID: trace.conversation_id and str(trace.conversation_id),
            f"{_NAMES.TRACE_METADATA}.status": outcome.status,
            f"{_NAMES.TRACE_METADATA}.mode": outcome.mode,
            f"{_NAMES.TRACE_METADATA}.client_trace_id": trace.client_trace_id,
        }
        if outcome.error_code:
            facts[_NAMES.OBSERVATION_LEVEL] = "ERROR"
            facts[_NAMES.OBSERVATION_STATUS_MESSAGE] = outcome.error_code
        return {name: value for name, value in (facts | self._words(outcome)).items() if value}

    def _generation(self, trace: Trace, outcome: Outcome, usage: UsageEvent) -> Attributes:
        tokens = {
            "input": usage.input_tokens,
            "input_cached_tokens": usage.cached_input_tokens,
            "output": usage.output_tokens,
            "output_reasoning_tokens": usage.reasoning_tokens,
        }
        facts: dict[str, Value] = {
            _NAMES.OBSERVATION_TYPE: "generation",
            _NAMES.OBSERVATION_MODEL: usage.model_used,
            _NAMES.OBSERVATION_USAGE_DETAILS: json.dumps(tokens),
            f"{_NAMES.OBSERVATION_METADATA}.provider": usage.provider,
            f"{_NAMES.OBSERVATION_METADATA}.tokens_source": usage.tokens_source,
        }
        if outcome.cost is not None:
            facts[_NAMES.OBSERVATION_COST_DETAILS] = json.dumps({"total": float(outcome.cost)})
        if usage.first_token_ms is not None:
            began = datetime.fromtimestamp(trace.began / 1e9, UTC)
            first = began + timedelta(milliseconds=usage.first_token_ms)
            facts[_NAMES.OBSERVATION_COMPLETION_START_TIME] = json.dumps(first.isoformat())
        return facts | self._words(outcome)

    def _words(self, outcome: Outcome) -> dict[str, str]:
        if not self._capture:
            return {}
        return {
            _NAMES.OBSERVATION_INPUT: outcome.question,
            _NAMES.OBSERVATION_OUTPUT: outcome.answer,
        }


def _exporter(host: str, public_key: str, secret_key: str) -> OTLPSpanExporter:
    """The one that the client would make, but ours counts what it takes."""
    credentials = base64.b64encode(f"{public_key}:{secret_key}".encode()).decode()
    return OTLPSpanExporter(
        f"{host.rstrip('/')}/api/public/otel/v1/traces",
        headers={"authorization": f"Basic {credentials}", "x-langfuse-ingestion-version": "4"},
        timeout=TIMEOUT,
    )
