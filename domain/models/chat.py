"""What is asked of a language model, and what comes back, whoever provides it."""

from dataclasses import dataclass
from enum import StrEnum

from domain.shared.tokens import Tokens, TokensSource

_CHARACTERS = 4  # of a token, on average, in the languages that models know best


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
    max_tokens: int = 1024
    temperature: float = 0.2


class FinishReason(StrEnum):
    """Why the model stopped writing."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage(Tokens):
    """What a call took, and who says so."""

    source: TokensSource = TokensSource.NONE


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
    usage: Usage
    provider: str
    model: str
    first_token_ms: int
    total_ms: int


type ChatEvent = Started | Delta | Finished


def estimated_tokens(text: str) -> int:
    """Of a text that is sent or received, when nobody has counted."""
    return max(1, len(text) // _CHARACTERS)


def estimated(request: ChatRequest, written: int) -> Usage:
    """Of a request that was sent, and of an answer of `written` characters."""
    return Usage(
        input_tokens=sum(estimated_tokens(message.content) for message in request.messages),
        output_tokens=max(1, written // _CHARACTERS) if written else 0,
        source=TokensSource.ESTIMATED,
    )
