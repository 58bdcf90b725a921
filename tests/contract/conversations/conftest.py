from collections.abc import Iterator

import msgspec
import pytest

from entrypoints.settings import AiProvider, Settings
from tests.model_provider.process import KEY, ModelProvider, running

IN_VAIN = ("silent", "slow-first", "stalls")
PLAYED = (
    "bad-json", "cites-then-stalls", "cut-after", "cut-before", "down", "drips", "echo", "empty", "endless",
    "error-after-delta", "error-in-stream", "filtered", "forbidden", "gzipped", "html", "huge-line",
    "mad-usage", "no-answer", "no-done", "no-quota", "no-reason", "no-usage", "not-text", "paced:30",
    "paced:200", "redirect", "silent", "slow-first", "stalls", "too-long", "unstorable", "wrong-shape",
    "busy-for-long", "down:2",
)  # fmt: skip


@pytest.fixture(scope="session")
def _model_process() -> Iterator[ModelProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(_model_process: ModelProvider) -> ModelProvider:
    _model_process.reset()
    return _model_process


@pytest.fixture
def modelled(
    settings: Settings, provider: ModelProvider, request: pytest.FixtureRequest
) -> Settings:
    """A server whose provider plays what the model's name says. It is waited for half a second where
    that is in vain."""
    played = getattr(request.node, "callspec", None)
    script = played.params.get("script") if played else None
    patience = 0.5 if script in IN_VAIN else 30.0
    return msgspec.structs.replace(
        settings,
        ai_provider=AiProvider.OPENAI,
        ai_models=PLAYED,
        ai_requests_per_minute=0,
        openai_base_url=provider.base_url,
        openai_api_key=KEY,
        openai_model="cites",
        ai_first_token_timeout_seconds=patience,
        ai_idle_timeout_seconds=patience,
        ai_total_timeout_seconds=1 if script == "drips" else 300,
    )
