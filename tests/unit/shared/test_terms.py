import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shared.terms import terms


@pytest.mark.parametrize(
    "words",
    [
        "charge charges charged charging",
        "terminate terminates terminated terminating termination",
        "operate operated operation operations",
        "notify notifies notified notification",
        "penalty penalties",
        "rate rates rated rating",
        "use used using uses",
        "run runs running",
        "sign signs signed signing",
        "month monthly months",
        "tenant tenants tenant's tenant’s",
        "box boxes",
        "process processes processing",
    ],
)
def test_forms_of_a_word_are_one_term(words: str) -> None:
    assert len(set(terms(words))) == 1


@pytest.mark.parametrize("words", ["need need", "king ring", "form format", "rate rat", "pay pad"])
def test_other_words_stay_apart(words: str) -> None:
    first, second = words.split()
    assert (terms(first) == terms(second)) == (first == second)


def test_a_question_is_what_it_asks_for() -> None:
    assert terms("When are the late fees due?") == ["late", "fee", "due"]
    assert terms("What is it?") == []


def test_numbers_stay_whole() -> None:
    assert terms("USD 10,000.50 within 30 days, 3.5% of A4.") == [
        *("usd", "10,000.50", "within", "30", "day", "3.5", "a4")
    ]


def test_order_and_repetition_are_kept() -> None:
    assert terms("fee, fine, fee") == ["fee", "fine", "fee"]


def test_other_scripts_pass_through() -> None:
    assert terms("Mietvertrag für 東京 😀 naïve") == ["mietvertrag", "für", "東京", "naïve"]


@given(st.text())
def test_any_text_has_terms_without_space_or_emptiness(text: str) -> None:
    assert all(term and not any(c.isspace() for c in term) for term in terms(text))


@given(st.text(), st.text())
def test_terms_of_two_texts_are_the_terms_of_both(one: str, other: str) -> None:
    assert terms(f"{one}\n{other}") == terms(one) + terms(other)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_case_does_not_matter(text: str) -> None:
    assert terms(text.upper()) == terms(text.lower())
