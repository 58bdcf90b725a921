"""One account has one address, however it is typed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity.user import InvalidEmail, email


def one_case_each(character: str) -> bool:
    """Neither ß nor ı: their other case is two letters, or another letter's."""
    return character.upper().lower() == character.lower() and len(character.upper()) == 1


letters = st.characters(categories=["Ll", "Lu", "Lo", "Nd", "Mn"]).filter(one_case_each)
names = st.text(letters, min_size=1, max_size=12)
labels = names.filter(lambda text: text[0].isalpha())
addresses = st.one_of(
    st.emails(), st.builds("{}@{}.{}".format, names, labels, labels), st.text(max_size=40)
)


def read(text: str) -> str | None:
    try:
        return email(text)
    except InvalidEmail:
        return None


@given(addresses)
def test_a_normal_form_is_its_own(text: str) -> None:
    if normal := read(text):
        assert email(normal) == normal


@given(st.builds("{}@{}.org".format, names, labels))
def test_case_width_and_composition_make_no_difference(text: str) -> None:
    for variant in (
        text.swapcase(),
        unicodedata.normalize("NFD", text),
        unicodedata.normalize("NFKC", text),
        f"  {text} ",
    ):
        assert read(variant) == read(text)


@given(addresses)
def test_an_address_is_short_and_of_one_line(text: str) -> None:
    if normal := read(text):
        assert len(normal) <= 254
        assert normal.isprintable()
        assert " " not in normal
        assert normal.count("@") == 1
        assert normal.rpartition("@")[2].isascii()


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ada@example.org"),
        ("ada@example。org", "ada@example.org"),
        ("ﬁona@example.org", "fiona@example.org"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),
        ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ADA@STRASSE.example", "ada@strasse.example"),
        ("o'brien+news@example.org", "o'brien+news@example.org"),
        ("j\u00fcrgen@example.org", "jürgen@example.org"),
    ],
)
def test_variants_of_an_address_are_one(typed: str, normal: str) -> None:
    assert email(typed) == normal


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "ada", "ada@", "@example.org", "ada@example", "ada@@example.org"),
        *("ada@example.org\r\nbcc: eve@example.org", "ada@example.org\n", "a\x00da@example.org"),
        *("ada @example.org", "ada@exam ple.org", "ada@.org", "ada@example..org", ".ada@a.org"),
        *("ada@example.org.", "ada@127.0.0.1", "ada@[127.0.0.1]", "ada@-example.org", "a,b@c.org"),
        *("<ada@example.org>", "Ada <ada@example.org>", '"ada"@example.org', "ada@exa_mple.org"),
        *("a\u200bda@example.org", "a\u202eda@example.org", "ada\ufe0f@example.org"),
        *("ada@exam\u00adple.org", "ada@\ud800.org", "\ud800@example.org"),
        *("a" * 65 + "@example.org", "ada@" + "a" * 64 + ".org", "ada@" + "a." * 125 + "org"),
        *("ada@" + "ü" * 60 + ".org", "a" * 300 + "@example.org", "a" * 1_000_000),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmail):
        email(text)


def test_letters_that_only_look_alike_are_other_addresses() -> None:
    """They are other mailboxes: whoever has one may not get the mail of the other."""
    cyrillic = "\u0430da@example.org"
    assert email(cyrillic) != email("ada@example.org")
