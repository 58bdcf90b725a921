from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.models.openai_chat import Endpoint, OpenAiChat, Timeouts
from domain.models.chat import ChatMessage, ChatRequest, Role
from tests.model_provider.process import KEY, ModelProvider, running

QUICK = Timeouts(connect=2.0, first_token=0.5, idle=0.5, total=2.0)
TIMEOUTS = Timeouts(connect=5.0, first_token=20.0, idle=20.0, total=20.0)


@pytest.fixture(scope="session")
def _process() -> Iterator[ModelProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(_process: ModelProvider) -> ModelProvider:
    _process.reset()
    return _process


@pytest.fixture
async def chat(provider: ModelProvider) -> AsyncIterator[OpenAiChat]:
    chat = OpenAiChat(Endpoint("openai", provider.base_url, KEY, "cites"), TIMEOUTS)
    yield chat
    await chat.close()


@pytest.fixture
async def hasty(provider: ModelProvider) -> AsyncIterator[OpenAiChat]:
    """Waits for half a second only."""
    chat = OpenAiChat(Endpoint("openai", provider.base_url, KEY, "cites"), QUICK)
    yield chat
    await chat.close()


def asking(model: str, text: str = "Hello?") -> ChatRequest:
    return ChatRequest(messages=(ChatMessage(Role.USER, text),), model=model)
