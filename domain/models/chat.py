"""What is asked of a language model, and what comes back, whoever provides it."""

from dataclasses import dataclass
from enum import StrEnum

from domain.shared.tokens import Tokens, TokensSource

ANSWER = 1024  # tokens that a model may write, what it thinks before not counted
CHARACTERS = 4  # of a token, on average, in the languages that models know best


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """`model` None is the provider's own choice."""

    messages: tuple[ChatMessage, ...]
    model: str | None = None
    max_tokens: int = ANSWER
    temperature: float = 0.2


class FinishReason(StrEnum):
    """Why the model stopped writing."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage(Tokens):
    """What a call has taken so far, and who says so."""

    source: TokensSource = TokensSource.NONE

    def __add__(self, other: "Usage") -> "Usage":
        """A sum is known no better than its worst known part."""
        sources = {self.source, other.source}
        known = (TokensSource.ESTIMATED, TokensSource.PROVIDER)
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            source=next((source for source in known if source in sources), TokensSource.NONE),
        )


@dataclass(frozen=True, slots=True)
class Started:
    """The provider took the request, and `model` is writing. May come again as long as nothing has
    been written: from another try."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The text is whole. Milliseconds count from the call, by a clock that never jumps."""

    reason: FinishReason
    provider: str
    model: str
    first_token_ms: int
    total_ms: int


type ChatEvent = Started | Delta | Usage | Finished


def estimated_tokens(text: str) -> int:
    """Of a text that is sent or received, when nobody has counted."""
    return max(1, len(text) // CHARACTERS)


def estimated(request: ChatRequest, written: int) -> Usage:
    """Of a request that was sent, and of an answer of `written` characters."""
    return Usage(
        input_tokens=sum(estimated_tokens(message.content) for message in request.messages),
        output_tokens=max(1, written // CHARACTERS) if written else 0,
        source=TokensSource.ESTIMATED,
    )
