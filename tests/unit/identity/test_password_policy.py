"""Which passwords may be chosen."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

import domain.identity
from domain.identity.user import (
    InvalidCredentials,
    Password,
    WeakPassword,
    email,
    typed_password,
)

ADA = email("Ada.Lovelace@Bücher.example")
COMMON = files(domain.identity).joinpath("common_passwords.txt").read_text().splitlines()


@pytest.mark.parametrize("text", ["x7" * 4, "x7" * 64, "\U0001f600a" * 64, "пароль моей кошки"])
def test_length_is_counted_in_characters_and_composition_is_free(text: str) -> None:
    assert Password(text).text == text


@pytest.mark.parametrize("text", ["", "seven 7", "x7" * 64 + "x", "e\u0301" * 7])
def test_a_password_has_8_to_128_characters_once_they_are_composed(text: str) -> None:
    with pytest.raises(WeakPassword, match="8 to 128 characters"):
        Password(text)


@pytest.mark.parametrize("text", ["x" * 1_000_000, "e" + "\u0301" * 512])
def test_more_than_a_kib_is_not_even_looked_at(text: str) -> None:
    with pytest.raises(WeakPassword, match="1024 bytes"):
        Password(text)
    with pytest.raises(InvalidCredentials):
        typed_password(text)


def test_ten_thousand_common_passwords_are_known() -> None:
    assert len(set(COMMON)) >= 10_000
    assert all(len(word) >= 8 and word == word.casefold() for word in COMMON)


@given(st.sampled_from(COMMON), st.data())
def test_a_common_password_is_refused_in_any_case(word: str, data: st.DataObject) -> None:
    spelled = "".join(letter.upper() if data.draw(st.booleans()) else letter for letter in word)
    with pytest.raises(WeakPassword, match="most common"):
        Password(spelled)


@pytest.mark.parametrize("text", ["colonnade", "Colonnade", "COLONNADE"])
def test_the_product_is_not_a_password(text: str) -> None:
    with pytest.raises(WeakPassword, match="product"):
        Password(text)


@pytest.mark.parametrize(
    "text",
    [
        "ada.lovelace@xn--bcher-kva.example",
        " ADA.LOVELACE@BÜCHER.example ",
        "Ada.Lovelace@bu\u0308cher.example",
        "ada.lovelace",
        "ADA.Lovelace",
    ],
)
def test_an_address_is_not_its_owners_password(text: str) -> None:
    with pytest.raises(WeakPassword, match="e-mail"):
        Password.chosen_by(ADA, text)


def test_an_address_may_be_part_of_a_password() -> None:
    text = "ada.lovelace and her engine"
    assert Password.chosen_by(ADA, text) == Password(text)
