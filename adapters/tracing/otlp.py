"""Traces for any collector that speaks OTLP over HTTP. No words of a question or an answer."""

from uuid import UUID

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from adapters.tracing.spans import QUEUE, TIMEOUT, Attributes, CountingExporter, SpanWriter, Value
from application.models.tracing import Outcome, Stage, Step, Trace


class OtlpTracer:
    """Names are those of OpenTelemetry's conventions for generative models, where they have one."""

    def __init__(self, endpoint: str) -> None:
        address = f"{endpoint.rstrip('/')}/v1/traces"
        exporter = CountingExporter(OTLPSpanExporter(address, timeout=TIMEOUT))
        self._writer = SpanWriter(exporter)
        self._writer.provider.add_span_processor(BatchSpanProcessor(exporter, QUEUE))

    @property
    def lost(self) -> int:
        return self._writer.lost

    def finish(self, trace: Trace, outcome: Outcome) -> None:
        def of_step(step: Step) -> Attributes:
            return _call(outcome) if step.stage is Stage.CALL else {}

        self._writer.write(trace, outcome, _answer(trace, outcome), of_step)

    def score(self, answer_id: UUID, name: str, value: float) -> None:
        """Spans know no scores."""

    def close(self) -> None:
        self._writer.close("otlp", self._writer.provider.shutdown)


def _answer(trace: Trace, outcome: Outcome) -> Attributes:
    facts = {
        "user.id": str(trace.user_id),
        "gen_ai.conversation.id": trace.conversation_id and str(trace.conversation_id),
        "colonnade.client_trace_id": trace.client_trace_id,
        "colonnade.status": outcome.status,
        "colonnade.mode": outcome.mode,
        "error.type": outcome.error_code,
    }
    return {name: value for name, value in facts.items() if value}


def _call(outcome: Outcome) -> Attributes:
    if (usage := outcome.generation) is None:
        return {}
    facts: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": usage.provider,
        "gen_ai.request.model": usage.model_asked,
        "gen_ai.response.model": usage.model_used,
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "colonnade.tokens_source": usage.tokens_source,
        "colonnade.status": usage.status,
    }
    if usage.first_token_ms is not None:
        facts["colonnade.first_token_ms"] = usage.first_token_ms
    if outcome.cost is not None:
        facts["colonnade.cost"] = float(outcome.cost)
    return facts
