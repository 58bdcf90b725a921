from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import msgspec
import pytest
from dishka import AsyncContainer

from adapters.models.openai_chat import Endpoint, OpenAiChat, Timeouts
from application.analytics.exports import Feature
from application.identity.exports import ConsentPurpose
from application.identity.ports import Users
from application.models.dispatch import Order
from domain.models.chat import ChatMessage, ChatRequest, Role
from domain.shared.ids import UserId
from entrypoints.settings import AiProvider, Settings
from tests.contract.identity.test_users import a_user
from tests.model_provider.process import KEY, ModelProvider, running

QUICK = Timeouts(connect=2.0, first_token=0.5, idle=0.5, total=2.0)
TIMEOUTS = Timeouts(connect=5.0, first_token=20.0, idle=20.0, total=20.0)
MODELS = (
    "billed:1", "busy-for-long", "cut-after", "down", "down:2", "empty", "empty:1", "forbidden",
    "lost-in-thought", "silent", "stalls",
)  # fmt: skip


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


@pytest.fixture
def settings(settings: Settings, provider: ModelProvider) -> Settings:
    """A server whose provider plays what the model's name says."""
    return msgspec.structs.replace(
        settings,
        ai_provider=AiProvider.OPENAI,
        ai_models=MODELS,
        openai_base_url=provider.base_url,
        openai_api_key=KEY,
        openai_model="cites",
        ai_first_token_timeout_seconds=2,
    )


def asking(model: str, text: str = "Hello?") -> ChatRequest:
    return ChatRequest(messages=(ChatMessage(Role.USER, text),), model=model)


async def somebody(world: AsyncContainer, email: str = "ada@example.org") -> UserId:
    user = await a_user(world, email)
    async with world() as request:
        await (await request.get(Users)).add(user)
    return user.id


def an_order(owner: UserId, model: str = "cites", *, sources: int = 0) -> Order:
    return Order(
        attempt_id=uuid4(),
        user_id=owner,
        feature=Feature.CHAT,
        purpose=ConsentPurpose.AI_EXTERNAL_DOCUMENTS,
        request=asking(model),
        sources=tuple(uuid4() for _ in range(sources)),
    )
