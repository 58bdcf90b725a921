from uuid import UUID

from application.models.choice import ModelsView
from application.models.egress import EgressView
from domain.identity.consent import Purpose
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import ANSWER, CONTRACT, NOW

EXAMPLES = (
    ModelsView(
        available=True,
        provider="openai",
        default="gpt-4o-mini",
        models=["gpt-4o-mini", "gpt-4.1"],
        fallbacks=["gemini"],
    ),
    EgressView(
        id=UUID("01a1fcb7-5c31-7d42-8b0f-6a1e2d3c4b5a"),
        attempt_id=ANSWER,
        provider="openai",
        model="gpt-4o-mini",
        purpose=Purpose.AI_EXTERNAL_DOCUMENTS,
        object_ids=(CONTRACT,),
        bytes=6418,
        sha256="7d5f0b8c1e2a49f3b6c8d7e0a1f2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4",
        at=NOW,
    ),
)
PROBLEMS = (
    problem(
        409,
        "no_model",
        "No model is configured",
        "This server answers from the documents' own sentences. Its operator can configure a model "
        "provider.",
        "no model provider is configured",
    ),
    problem(
        422,
        "model_not_allowed",
        "This model may not be asked for",
        "`GET /api/v1/chat/models` lists those that may.",
        "this model may not be asked for; those that may: gpt-4o-mini",
    ),
    problem(
        503,
        "model_broken",
        "The model provider's answer makes no sense",
        "It was empty, broke off, or was no answer. Ask again.",
        "the model provider's answer broke off or makes no sense",
    ),
    problem(
        503,
        "model_busy",
        "The model provider is busy",
        "It asks to come back after `Retry-After`.",
        "the model provider is busy",
    ),
    problem(
        503,
        "model_failed",
        "The model provider failed",
        "Ask again.",
        "the model provider failed",
    ),
    problem(
        503,
        "model_refused",
        "The model provider did not take the request",
        "To ask again will not help: its operator's key, the model or what was asked is not to its "
        "liking.",
        "the model provider did not take the request",
    ),
    problem(
        503,
        "model_timeout",
        "The model provider took too long",
        "Ask again, or for another model.",
        "the model provider took too long",
    ),
    problem(
        503,
        "model_unavailable",
        "The model provider cannot be reached",
        "Ask again after `Retry-After`.",
        "the model provider cannot be reached",
    ),
)
