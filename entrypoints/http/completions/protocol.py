"""What is sent and answered, as far as we know OpenAI's protocol. Of a request all else is ignored,
for clients send much that only some models know."""

import re
from itertools import accumulate
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from application.conversations.completing import Completion, Said
from application.conversations.questions import LONGEST_QUESTION
from application.conversations.views import CitationView, MessageView
from application.shared.text import Text
from domain.conversations.message import AnswerMode, Role
from domain.shared.errors import Invalid
from domain.shared.span import Span

# As _source writes them.
_SOURCES = re.compile(r"\n(?:\n\[\d+\] .+, page \d+: \S+/content\?start=\d+&end=\d+)+\s*\Z")
_SPEAKERS = {"user": Role.USER, "assistant": Role.ASSISTANT}


class NoQuestion(Invalid):
    """The last message is not a user's."""


class Part(Struct, frozen=True):
    type: str
    text: Text = ""


class Turn(Struct, frozen=True):
    role: str
    content: Text | list[Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(Struct, frozen=True):
    include_usage: bool = False


class CompletionRequest(Struct, frozen=True):
    messages: Annotated[list[Turn], Meta(min_length=1, max_length=2000)]
    model: Annotated[Text, Meta(min_length=1, max_length=100)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None

    def completion(self) -> Completion:
        """What was said and is asked; instructions are ours to give. Raises NoQuestion."""
        turns = [turn for turn in self.messages if turn.role in _SPEAKERS and turn.text]
        if not turns or turns[-1].role != "user" or len(turns[-1].text) > LONGEST_QUESTION:
            limit = f"of 1 to {LONGEST_QUESTION} characters"
            raise NoQuestion(f"the last message has to be a user's, {limit}")
        said = [Said(_SPEAKERS[turn.role], _SOURCES.sub("", turn.text)) for turn in turns[:-1]]
        return Completion([one for one in said if one.content], turns[-1].text, self.model)


class UrlCitation(Struct, frozen=True):
    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(Struct, frozen=True):
    url_citation: UrlCitation
    type: str = "url_citation"


class Spoken(Struct, frozen=True, omit_defaults=True):
    """A message, or the next piece of one."""

    role: str | UnsetType = UNSET
    content: str | UnsetType = UNSET
    annotations: list[Annotation] = []


class Choice(Struct, frozen=True):
    message: Spoken | UnsetType = UNSET
    delta: Spoken | UnsetType = UNSET
    finish_reason: str | None = None
    index: int = 0


class Used(Struct, frozen=True):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Answer(Struct, frozen=True):
    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    usage: Used | UnsetType = UNSET


class Model(Struct, frozen=True):
    id: str
    owned_by: str
    created: int = 0
    object: str = "model"


class Models(Struct, frozen=True):
    data: list[Model]
    object: str = "list"


def used(message: MessageView) -> Used:
    return Used(message.prompt_tokens, message.completion_tokens, message.total_tokens)


def sources(message: MessageView, base: str) -> str:
    """Where what is cited stands, for people to read below an answer."""
    first = {one.marker: one for one in reversed(message.citations)}
    lines = [_source(first[marker], base) for marker in sorted(first)]
    return "\n\n" + "\n".join(lines) if lines else ""


def annotations(message: MessageView, base: str) -> list[Annotation]:
    """Where an answer cites, for programs."""
    return [
        Annotation(UrlCitation(place.start, place.end, _title(citation), base + citation.url))
        for citation, places in zip(message.citations, _places(message), strict=True)
        for place in places
    ]


def _places(message: MessageView) -> list[list[Span]]:
    """Where each citation stands: at its markers, or, where the answer is made of quotes, itself."""
    if message.mode is not AnswerMode.EXTRACTIVE:
        return [citation.places for citation in message.citations]
    ends = list(accumulate(len(citation.quote) + 1 for citation in message.citations))
    starts = [0, *ends[:-1]]
    return [[Span(start, end - 1)] for start, end in zip(starts, ends, strict=False)]


def _source(citation: CitationView, base: str) -> str:
    return f"[{citation.marker}] {_title(citation)}: {base}{citation.url}"


def _title(citation: CitationView) -> str:
    return f"{citation.document_title}, page {citation.page}"
