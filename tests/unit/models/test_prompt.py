"""What is sent fits the model, and holds what matters most."""

from hypothesis import given
from hypothesis import strategies as st

from domain.conversations.conversation import Kind
from domain.conversations.kinds import MANNERS
from domain.models.chat import ChatMessage, Role, estimated_tokens
from domain.models.prompt import HISTORY, SOURCES, Prompt, Source, build_prompt

SYSTEM, QUESTION = "You are helpful.", "How long are invoices kept?"
POLICY = Source("Retention\npolicy", 3, "Invoices are kept for ten years.")


def said(*texts: str) -> list[ChatMessage]:
    """In turn, the user first."""
    roles = (Role.USER, Role.ASSISTANT)
    return [ChatMessage(roles[index % 2], text) for index, text in enumerate(texts)]


def built(
    history: list[ChatMessage] | None = None,
    sources: list[Source] | None = None,
    question: str = QUESTION,
    context: int = 16_000,
) -> Prompt:
    return build_prompt(SYSTEM, history or [], sources or [], question, context=context, answer=500)


def test_a_question_without_sources_is_sent_as_it_is() -> None:
    assert built().messages == (
        ChatMessage(Role.SYSTEM, SYSTEM),
        ChatMessage(Role.USER, QUESTION),
    )


def test_sources_are_numbered_above_the_question_and_how_to_cite_is_told() -> None:
    prompt = built(sources=[POLICY, Source("Agreement", None, "8.4 Interest is charged.")])
    assert prompt.messages[0].content.startswith(SYSTEM)
    assert "[1]" in prompt.messages[0].content
    assert prompt.messages[-1].content == (
        "Sources:\n\n"
        "[1] Retention policy, page 3\nInvoices are kept for ten years.\n\n"
        "[2] Agreement\n8.4 Interest is charged.\n\n"
        f"Question: {QUESTION}"
    )
    assert prompt.sources == 2


def test_what_was_said_comes_between_in_order() -> None:
    history = said("One?", "Yes.", "Two?", "No.")
    assert list(built(history).messages[1:-1]) == history


def test_the_newest_of_what_was_said_is_kept() -> None:
    history = said("old " * 1000, "older " * 1000, "Two?", "No.")
    assert list(built(history, context=4_000).messages[1:-1]) == history[2:]


def test_an_answer_is_not_kept_without_its_question() -> None:
    history = said("x" * 40_000, "Yes.")
    assert len(built(history, context=4_000).messages) == 2


def test_the_first_sources_are_kept_without_a_gap() -> None:
    sources = [Source(str(n), None, "word " * size) for n, size in enumerate((400, 2000, 10))]
    assert built(sources=sources, context=4_000).sources == 1


def test_every_kind_of_conversation_has_its_instructions() -> None:
    assert set(MANNERS) == set(Kind)


@given(
    st.lists(st.integers(0, 4000), max_size=12),
    st.lists(st.integers(1, 4000), max_size=12),
    st.integers(1, 2000),
    st.integers(2_000, 20_000),
)
def test_whatever_is_offered_it_fits_and_the_question_stands_once(
    history: list[int], sources: list[int], asked: int, context: int
) -> None:
    past = said(*("h" * size for size in history))
    offered = [Source("t", 1, "s" * size) for size in sources]
    question = "Ω" * asked
    prompt = built(past, offered, question, context)
    system, *kept, last = prompt.messages
    texts = [message.content for message in prompt.messages]
    assert sum(map(estimated_tokens, texts)) <= context - 500 + 20  # what joins the sources
    assert sum(estimated_tokens(m.content) for m in kept) <= HISTORY * context
    assert sum(s // 4 for s in sources[: prompt.sources]) <= SOURCES * context
    assert system.role is Role.SYSTEM
    assert "".join(texts).count("Ω") == asked
    assert last.content.endswith(question)
    assert kept == past[len(past) - len(kept) :]
    assert not kept or kept[0].role is Role.USER
