"""A collector of traces on a thread: OTLP over HTTP as protobuf, and Langfuse's door for scores."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.running import PATIENCE

type Span = Any


class Collector:
    """What was sent. `status` is what it answers; a `held` one answers when it is released. `arrived`
    counts what came, answered or not."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, str]] = []
        self.posted: list[tuple[str, str | None, bytes]] = []
        self.arrived = 0
        self.status = 200
        self.released = threading.Event()
        self.released.set()
        self.url = ""

    def hold(self) -> None:
        self.released.clear()

    def scores(self) -> list[dict[str, Any]]:
        batches = [json.loads(body) for path, _, body in self.posted if path.endswith("/scores")]
        return [score for batch in batches for score in batch]

    @property
    def words(self) -> bytes:
        """Everything that came, as it came."""
        return b"".join(body for _, _, body in self.posted)

    def take(self, path: str, authorization: str | None, body: bytes) -> None:
        self.posted.append((path, authorization, body))
        if not path.endswith("/v1/traces"):
            return
        for batch in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(
                {item.key: item.value.string_value for item in batch.resource.attributes}
            )
            self.spans += [span for scope in batch.scope_spans for span in scope.spans]


def stages(spans: list[Span], answer_id: UUID) -> tuple[Span, list[Span]]:
    """The one trace of an answer: its root, and the parts that stand under it, as they began."""
    mine = [span for span in spans if span.trace_id == answer_id.bytes]
    (root,) = [span for span in mine if is_root_of(answer_id, span)]
    parts = [span for span in mine if span.parent_span_id == root.span_id]
    assert len(mine) == 1 + len(parts)
    return root, sorted(parts, key=lambda span: span.start_time_unix_nano)


def is_root_of(answer_id: UUID, span: Span) -> bool:
    """It leaves last: with it all are there."""
    return span.trace_id == answer_id.bytes and not span.parent_span_id


def attributes(span: Span) -> dict[str, Any]:
    return {
        item.key: getattr(item.value, item.value.WhichOneof("value")) for item in span.attributes
    }


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            collector.arrived += 1
            collector.released.wait(PATIENCE)
            if collector.status == 200:
                collector.take(self.path, self.headers.get("authorization"), body)
            with suppress(ConnectionError):  # who asked may have given up
                self._answer(b'{"message": "Accepted"}' if self.path.endswith("/scores") else b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(collector.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield collector
        collector.released.set()
        server.shutdown()
