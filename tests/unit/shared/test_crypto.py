import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.security.crypto import AesGcmCrypto
from domain.shared.errors import CannotDecrypt

OLD, NEW = os.urandom(32), os.urandom(32)


@given(st.binary(), st.text(max_size=50))
def test_what_was_sealed_opens_at_its_place(plain: bytes, place: str) -> None:
    crypto = AesGcmCrypto([NEW])
    assert crypto.decrypt(crypto.encrypt(plain, place), place) == plain


def test_a_sealed_value_does_not_move() -> None:
    crypto = AesGcmCrypto([NEW])
    sealed = crypto.encrypt(b"secret", "sessions:family_key:1")
    with pytest.raises(CannotDecrypt):
        crypto.decrypt(sealed, "sessions:family_key:2")


@pytest.mark.parametrize("position", [0, 3, 4, 15, 16, 21, 22, 37])
def test_a_changed_bit_is_noticed(position: int) -> None:
    crypto = AesGcmCrypto([NEW])
    sealed = bytearray(crypto.encrypt(b"secret", "here"))
    sealed[position] ^= 1
    with pytest.raises(CannotDecrypt):
        crypto.decrypt(bytes(sealed), "here")


def test_what_an_old_key_sealed_still_opens() -> None:
    sealed = AesGcmCrypto([OLD]).encrypt(b"secret", "here")
    assert AesGcmCrypto([NEW, OLD]).decrypt(sealed, "here") == b"secret"
    with pytest.raises(CannotDecrypt):
        AesGcmCrypto([NEW]).decrypt(sealed, "here")


def test_a_short_value_is_not_a_sealed_one() -> None:
    for sealed in (b"", b"abc", os.urandom(20)):
        with pytest.raises(CannotDecrypt):
            AesGcmCrypto([NEW]).decrypt(sealed, "here")
