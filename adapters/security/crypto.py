import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.shared.errors import CannotDecrypt

_ID, _NONCE = 4, 12  # bytes


class AesGcmCrypto:
    """AES-256-GCM (NIST SP 800-38D): key id, random 96-bit nonce, ciphertext and tag. The place is
    the additional data. The first key seals, all of them open: that is how a key is rotated."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {hashlib.sha256(key).digest()[:_ID]: AESGCM(key) for key in keys}
        self._current = next(iter(self._keys))

    def encrypt(self, plain: bytes, place: str) -> bytes:
        nonce = os.urandom(_NONCE)
        sealed = self._keys[self._current].encrypt(nonce, plain, place.encode())
        return self._current + nonce + sealed

    def decrypt(self, sealed: bytes, place: str) -> bytes:
        key_id, nonce, text = sealed[:_ID], sealed[_ID : _ID + _NONCE], sealed[_ID + _NONCE :]
        try:
            return self._keys[key_id].decrypt(nonce, text, place.encode())
        except KeyError:
            raise CannotDecrypt(f"{place} was sealed with a key we do not have") from None
        except (InvalidTag, ValueError):
            raise CannotDecrypt(f"{place} has been changed") from None
