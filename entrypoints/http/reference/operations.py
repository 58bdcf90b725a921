from application.files.views import StorageHealth, Sweep
from application.knowledge.views import EmbeddingSetView, OrphansView
from application.operations.views import (
    DatabaseHealth,
    DetailedHealth,
    Health,
    QueueHealth,
    RecallHealth,
    Welcome,
    Word,
)
from domain.knowledge.embedding import SetState
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import NOW

_VERSION = "0.1.0"
EXAMPLES = (
    Welcome(
        service="colonnade",
        version=_VERSION,
        status="running",
        docs="/docs",
        redoc="/redoc",
        openapi="/openapi.json",
        health="/api/v1/health",
        problems="/problems",
        first_step="POST /api/v1/auth/register",
    ),
    Health(Word.OK, _VERSION, "colonnade"),
    DatabaseHealth(Word.OK, "connected"),
    DetailedHealth(
        status=Word.OK,
        version=_VERSION,
        service="colonnade",
        environment="production",
        database="connected",
        queue=QueueHealth(waiting=3, oldest_seconds=0.4, held=0),
        storage=StorageHealth(
            writable=True, swept=Sweep(at=NOW, orphans=0, unfinished=0, missing=0)
        ),
        embeddings="minilm-l6-v2-int8",
        embedding_sets=[
            EmbeddingSetView("minilm-l6-v2-int8", 384, SetState.BUILDING, 1840, 5200, 1),
            EmbeddingSetView("wordllama-l2-supercat-256", 256, SetState.ACTIVE, 5200, 5200, 0),
        ],
        recall=[RecallHealth("minilm-l6-v2-int8", 0.992, 50, NOW)],
        orphans=OrphansView(files=0, versions=0, texts=0, chunks=0, postings=0, vectors=0),
    ),
)
PROBLEMS = (
    problem(
        409,
        "answered_once",
        "This was done, and its answer is not kept",
        "A request with this `Idempotency-Key` was answered before, with a secret that is shown "
        "once. It is not done again: look at what it made, remove that if its secret is lost, and "
        "ask under a new key.",
        "this was done and answered; the answer holds a secret and is not kept",
    ),
    problem(
        409,
        "request_in_flight",
        "The first request with this key is being answered",
        "Send it again in a moment, with the same `Idempotency-Key`. After two minutes without an "
        "answer the first one counts as lost, and yours is done.",
        "the first request with this Idempotency-Key is being answered",
    ),
    problem(
        429,
        "quota_exceeded",
        "You have done this too often",
        "A user may upload and search only so often. `RateLimit-Policy` says how often, and "
        "`Retry-After` when you may again.",
        "600 uploads are allowed in 1:00:00",
    ),
    problem(
        422,
        "idempotency_key_reused",
        "The key belongs to another request",
        "A request with this `Idempotency-Key` came before, with another body, for another thing "
        "or with a credential that opens other things. Every new request wants a new key.",
        "this Idempotency-Key was used for another request",
    ),
)
