from dataclasses import dataclass
from enum import StrEnum


class TokensSource(StrEnum):
    """Who counted: the provider, or we, from characters. NONE: there was nothing to count, or
    nobody knows."""

    PROVIDER = "provider"
    ESTIMATED = "estimated"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What models read and wrote. Each token is in one of the counts only, for each has a price of
    its own."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        return self.input_tokens + self.cached_input_tokens

    @property
    def completion_tokens(self) -> int:
        return self.output_tokens + self.reasoning_tokens

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens
