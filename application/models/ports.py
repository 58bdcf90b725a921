from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from application.analytics.exports import Estimate
from application.shared.page import Page, PageRequest
from application.shared.records import Records
from domain.models.chat import ANSWER, ChatEvent, ChatRequest
from domain.models.egress import EgressEvent
from domain.models.errors import ModelNotAllowed
from domain.shared.ids import UserId
from domain.shared.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it will leave this machine: `body`, byte for byte."""

    request: ChatRequest
    model: str
    body: bytes


class ChatModel(Protocol):
    """One provider. It tries once: trying again, and who else to ask, is for the dispatch."""

    @property
    def provider(self) -> str: ...

    @property
    def default_model(self) -> str: ...

    @property
    def reasoning_tokens(self) -> int:
        """What its models may think before they write."""
        ...

    def prepare(self, request: ChatRequest) -> Outgoing: ...

    def stream(self, outgoing: Outgoing) -> AsyncGenerator[ChatEvent, None]:
        """Started, then Deltas that hold text, then Finished, and in between a Usage whenever the
        provider tells of it: the last one holds. Raises ModelFailed, of the kind that says why. To
        close it, or to cancel who reads it, closes the provider's stream at once."""
        ...


@dataclass(frozen=True, slots=True)
class ChatModels:
    """The providers that are configured, in the order in which they are asked, and the models that
    a caller may choose. `context`: tokens that one reads and writes together, what it thinks not
    counted. `backoff`: before the second try, at most; doubled before the third."""

    providers: tuple[ChatModel, ...] = ()
    allowed: tuple[str, ...] = ()
    context: int = 16_000
    backoff: timedelta = timedelta(milliseconds=500)

    @property
    def choice(self) -> list[str]:
        """Every model that may be asked for, the default first."""
        default = [model.default_model for model in self.providers[:1]]
        return list(dict.fromkeys([*default, *self.allowed])) if default else []

    def estimate(self, model: str | None) -> Estimate:
        """What an answer takes at most when the first provider gives it at the first try."""
        first = self.providers[0]
        tokens = Tokens(
            input_tokens=self.context,
            output_tokens=ANSWER,
            reasoning_tokens=first.reasoning_tokens,
        )
        return Estimate(first.provider, model or first.default_model, tokens)

    def check(self, model: str | None) -> None:
        """Raises ModelNotAllowed."""
        if model is not None and model not in self.choice:
            known = ", ".join(self.choice) or "none, for no provider is configured"
            raise ModelNotAllowed(f"this model may not be asked for; those that may: {known}")


class EgressLedger(Protocol):
    """What left this machine, and for whom. Nobody changes an entry."""

    async def add(self, event: EgressEvent) -> None: ...

    async def page(self, owner: UserId, request: PageRequest) -> Page[EgressEvent]:
        """The newest first."""
        ...

    async def of_attempt(self, owner: UserId, attempt_id: UUID) -> list[EgressEvent]:
        """In the order in which they left."""
        ...


class ModelRecords(Records, Protocol):
    """What calls to models keep of a user."""
