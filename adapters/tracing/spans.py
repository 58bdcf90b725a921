"""Traces as OpenTelemetry's spans, sent by a thread of its SDK from a queue that is bounded.

Importing it takes time, so only who is configured with such a system imports this module.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import structlog
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Status, StatusCode, set_span_in_context

from application.models.tracing import Outcome, Step, Trace

QUEUE = 2048  # spans that wait, at most
TIMEOUT = 5  # seconds for a batch, tries included
PATIENCE = 1.0  # seconds that stopping waits for what is left

type Value = str | int | float | bool
type Attributes = Mapping[str, Value]


class CountingExporter(SpanExporter):
    """Counts what was taken: the rest is lost, here or in the queue before."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self.taken = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        if result is SpanExportResult.SUCCESS:
            self.taken += len(spans)
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()


class SpanWriter:
    """Writes a trace's spans into a provider of its own, under the id of the answer, so that
    whatever is said of the answer later finds them."""

    def __init__(self, exporter: CountingExporter) -> None:
        self._exporter, self._ids = exporter, _AnswerIds()
        resource = Resource.create({"service.name": "colonnade"})
        self.provider = TracerProvider(
            resource=resource, id_generator=self._ids, shutdown_on_exit=False
        )
        self._tracer = self.provider.get_tracer("colonnade")
        self.written = 0

    def write(
        self,
        trace: Trace,
        outcome: Outcome,
        root: Attributes,
        of_step: Callable[[Step], Attributes],
    ) -> None:
        self._ids.answer_id = trace.answer_id
        span = self._tracer.start_span(
            "answer", context=Context(), start_time=trace.began, attributes=root
        )
        inside = set_span_in_context(span, Context())
        for step in trace.steps:
            part = self._tracer.start_span(
                step.stage, context=inside, start_time=step.began, attributes=of_step(step)
            )
            # What only broke off, at its owner's word or without a consent, is no error.
            if step.failed and outcome.error_code:
                part.set_status(Status(StatusCode.ERROR))
            part.end(step.ended)
        if outcome.error_code:
            span.set_status(Status(StatusCode.ERROR, outcome.error_code))
        span.end(trace.now())
        self.written += 1 + len(trace.steps)

    @property
    def lost(self) -> int:
        """Spans that nobody took, those that still wait among them."""
        return self.written - self._exporter.taken

    def close(self, name: str, stop: Callable[[], None]) -> None:
        """Give what waits a moment to leave, and tell what did not."""
        stopping = threading.Thread(target=stop, name=f"{name}-stop", daemon=True)
        stopping.start()
        stopping.join(PATIENCE)
        if self.lost:
            structlog.get_logger().warning("spans_lost", to=name, lost=self.lost)


class _AnswerIds(RandomIdGenerator):
    answer_id = UUID(int=1)

    def generate_trace_id(self) -> int:
        return self.answer_id.int
