from functools import reduce
from operator import add

from hypothesis import given
from hypothesis import strategies as st

from adapters.models.openai_chat import Endpoint, OpenAiChat, Timeouts
from application.models.ports import ChatModels
from domain.models.chat import ChatMessage, ChatRequest, Role, Usage, estimated
from domain.models.prompt import Source, build_prompt
from domain.shared.tokens import TokensSource

counts = st.integers(0, 1_000_000)
usages = st.builds(
    Usage,
    input_tokens=counts,
    cached_input_tokens=counts,
    output_tokens=counts,
    reasoning_tokens=counts,
    source=st.sampled_from(TokensSource),
)
texts = st.text(max_size=3000)
said = st.builds(ChatMessage, st.sampled_from([Role.USER, Role.ASSISTANT]), texts)
sources = st.builds(Source, st.text(max_size=50), st.integers(1, 900) | st.none(), texts)
MODEL = OpenAiChat(Endpoint("openai", "http://127.0.0.1:9", None, "o3", 2000), Timeouts())


@given(st.lists(usages))
def test_a_sum_loses_no_token_and_is_known_no_better_than_its_parts(parts: list[Usage]) -> None:
    whole = reduce(add, parts, Usage())
    assert whole.total_tokens == sum(part.total_tokens for part in parts)
    assert whole.prompt_tokens == sum(part.prompt_tokens for part in parts)
    known = {part.source for part in parts} - {TokensSource.NONE}
    assert (whole.source is TokensSource.NONE) == (not known)
    assert (whole.source is TokensSource.ESTIMATED) == (TokensSource.ESTIMATED in known)


@given(st.lists(said, max_size=40), st.lists(sources, max_size=10), st.text(max_size=10_000))
def test_no_prompt_takes_more_than_was_estimated_before_it_was_written(
    history: list[ChatMessage], given: list[Source], question: str
) -> None:
    models = ChatModels((MODEL,), context=4000)
    estimate = models.estimate(None)
    request = ChatRequest(messages=())
    prompt = build_prompt(
        "You help.", history, given, question, context=models.context, answer=request.max_tokens
    )
    sent = ChatRequest(messages=prompt.messages)
    assert estimated(sent, 0).prompt_tokens <= estimate.tokens.prompt_tokens
    assert estimate.tokens.completion_tokens == sent.max_tokens + 2000
    assert (estimate.provider, estimate.model) == ("openai", "o3")
