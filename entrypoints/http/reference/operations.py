from application.operations.views import (
    DatabaseHealth,
    DetailedHealth,
    Health,
    QueueHealth,
    Welcome,
    Word,
)

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
        embeddings="minilm-l6-v2-int8",
    ),
)
PROBLEMS = ()
