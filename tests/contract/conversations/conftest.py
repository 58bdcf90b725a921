from collections.abc import Iterator

import msgspec
import pytest

from entrypoints.settings import AiProvider, Settings
from tests.model_provider.process import KEY, ModelProvider, running

PLAYED = (
    "bad-json", "cut-after", "cut-before", "down", "drips", "echo", "empty", "endless",
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
def modelled(settings: Settings, provider: ModelProvider) -> Settings:
    """A server whose provider plays what the model's name says, and which waits for a second."""
    return msgspec.structs.replace(
        settings,
        ai_provider=AiProvider.OPENAI,
        ai_models=PLAYED,
        ai_requests_per_minute=0,
        openai_base_url=provider.base_url,
        openai_api_key=KEY,
        openai_model="cites",
        ai_first_token_timeout_seconds=1,
        ai_idle_timeout_seconds=1,
        ai_total_timeout_seconds=4,
    )
