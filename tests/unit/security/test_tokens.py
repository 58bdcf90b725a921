"""What an access token must be to open anything."""

import hashlib
import hmac
import json
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from adapters.memory.identity.signing_keys import MemorySigningKeys
from adapters.memory.store import Store
from adapters.security.crypto import AesGcmCrypto
from adapters.security.keys import EcKeyPairs, SharedSecret, StoredKeys
from adapters.security.tokens import JwtTokens
from adapters.system import Uuid7
from application.identity.ports import Claims
from domain.identity.session import SessionId
from domain.shared.errors import Unauthenticated
from domain.shared.ids import UserId

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ISSUER, LIFETIME = "https://api.example.org", timedelta(minutes=30)
ADA = Claims(UserId(UUID(int=1)), SessionId(UUID(int=2)))
SECRET = "four and twenty blackbirds baked in a pie"
CRYPTO = AesGcmCrypto([bytes(range(32))])


class SetClock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time


CLOCK = SetClock()


def es256() -> JwtTokens:
    pairs = EcKeyPairs(CRYPTO, Uuid7())
    source = StoredKeys(MemorySigningKeys(Store()), pairs, CRYPTO, CLOCK, LIFETIME)
    return opened(source)


def hs256() -> JwtTokens:
    return opened(SharedSecret(SECRET))


def result[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Of one that never waits: an event loop for each of some thousand tokens takes seconds."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise AssertionError("it waits")


def opened(source: StoredKeys | SharedSecret) -> JwtTokens:
    keys = result(source.load())
    return JwtTokens(source, keys, CLOCK, Uuid7(), issuer=ISSUER, lifetime=LIFETIME)


ES256, HS256 = es256(), hs256()
BOTH = pytest.mark.parametrize("tokens", [ES256, HS256], ids=["ES256", "HS256"])
TOKEN = ES256.issue(ADA)
HEADER, BODY = (
    jwt.get_unverified_header(TOKEN),
    jwt.decode(TOKEN, options={"verify_signature": False}),
)
PRIVATE = ES256._keys.private  # what a thief of the key, or a mistake of ours, would sign


@pytest.fixture(autouse=True)
def noon() -> None:
    CLOCK.time = NOON


def read(token: str, tokens: JwtTokens = ES256) -> Claims:
    return result(tokens.read(token))


def refused(token: str, tokens: JwtTokens = ES256) -> bool:
    try:
        read(token, tokens)
    except Unauthenticated:
        return True
    return False


def signed(body: dict[str, Any], header: dict[str, Any] = HEADER, key: Any = PRIVATE) -> str:
    kept = {name: value for name, value in header.items() if name != "alg"}
    return jwt.encode(body, key, algorithm="ES256", headers=kept)


def unsigned(header: dict[str, Any], body: dict[str, Any] = BODY, signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(body).encode(), signature]
    return b".".join(base64url_encode(part) for part in parts).decode()


def public_pem() -> bytes:
    pem: bytes = PRIVATE.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem


@BOTH
def test_a_token_says_whose_it_is(tokens: JwtTokens) -> None:
    assert read(tokens.issue(ADA), tokens) == ADA
    assert tokens.lifetime == 1800


def test_a_token_has_every_claim_and_names_its_key() -> None:
    assert set(BODY) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "scope"}
    assert (BODY["iss"], BODY["aud"]) == (ISSUER, ISSUER)
    assert BODY["exp"] - BODY["iat"] == 1800
    assert "documents" in BODY["scope"].split() and "admin" not in BODY["scope"]
    assert HEADER["alg"] == "ES256" and HEADER["typ"] == "at+jwt"
    assert HEADER["kid"] in {key["kid"] for key in ES256.public_keys().keys}
    assert read(signed(BODY)) == ADA  # so what is refused below is for what it lacks


@BOTH
@given(st.data())
def test_a_flipped_bit_anywhere_is_refused(tokens: JwtTokens, data: st.DataObject) -> None:
    CLOCK.time = NOON
    token = bytearray(tokens.issue(ADA).encode())
    at = data.draw(st.integers(0, len(token) * 8 - 1))
    token[at // 8] ^= 1 << at % 8
    assert refused(token.decode("latin-1"), tokens)


@BOTH
def test_no_bit_of_the_signature_is_free(tokens: JwtTokens) -> None:
    token = tokens.issue(ADA)
    start = token.rindex(".") + 1
    for at in range(start, len(token)):
        for bit in range(7):
            changed = token[:at] + chr(ord(token[at]) ^ 1 << bit) + token[at + 1 :]
            assert refused(changed, tokens), (at, bit)


@BOTH
@given(st.text())
def test_anything_else_is_refused(tokens: JwtTokens, text: str) -> None:
    assert refused(text, tokens)
    assert refused(f"{text}.{text}.{text}", tokens)


@pytest.mark.parametrize("ending", ["=", "==", "\n", " ", "!", "A"])
def test_a_signature_has_one_spelling(ending: str) -> None:
    assert refused(TOKEN + ending)


@pytest.mark.parametrize(
    "name", ["none", "None", "NONE", "nOnE", None, "", "HS256", "RS256", "ES384"]
)
@pytest.mark.parametrize("signature", [b"", b"x" * 64])
def test_another_algorithm_is_refused(name: str | None, signature: bytes) -> None:
    assert refused(unsigned(HEADER | {"alg": name}, signature=signature))


@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_our_public_key_is_no_secret(form: str) -> None:
    """The classic: HS256 signed with what JWKS shows."""
    key = public_pem() if form == "pem" else json.dumps(ES256.public_keys().keys[0]).encode()
    text = unsigned(HEADER | {"alg": "HS256"}).rpartition(".")[0]
    mac = hmac.new(key, text.encode(), hashlib.sha256).digest()
    assert refused(f"{text}.{base64url_encode(mac).decode()}")


def test_each_verifier_knows_one_algorithm() -> None:
    assert refused(TOKEN, HS256)
    assert refused(HS256.issue(ADA), ES256)
    header = {"kid": "shared", "typ": "at+jwt"}
    assert not refused(jwt.encode(BODY, SECRET, "HS256", header), HS256)
    assert refused(jwt.encode(BODY, SECRET * 2, "HS256", header), HS256)
    assert refused(jwt.encode(BODY, SECRET * 2, "HS512", header), HS256)
    assert HS256.public_keys().keys == []


def test_a_foreign_key_with_our_kid_is_refused() -> None:
    foreign = ec.generate_private_key(ec.SECP256R1())
    assert refused(signed(BODY, key=foreign))
    assert refused(
        signed(BODY, HEADER | {"jwk": HEADER, "jku": "https://eve.example/keys"}, foreign)
    )


@pytest.mark.parametrize(
    "kid",
    [
        *("", "unknown", "../../dev/null", "/etc/passwd", "' OR 1=1 --", "\x00", "x" * 10_000),
        *(None, 0, 1.5, True, [], {}, ["a"]),
    ],
)
def test_a_key_that_we_do_not_have_is_refused(kid: Any) -> None:
    assert refused(unsigned(HEADER | {"kid": kid}, signature=b"x" * 64))
    assert refused(unsigned({k: v for k, v in HEADER.items() if k != "kid"}))


@pytest.mark.parametrize("claim", sorted(BODY))
def test_every_claim_is_needed(claim: str) -> None:
    assert refused(signed({name: value for name, value in BODY.items() if name != claim}))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "https://eve.example"),
        ("iss", ISSUER + "/"),
        ("aud", "https://eve.example"),
        ("aud", [ISSUER, "https://eve.example"]),
        ("aud", []),
        ("sub", "ada@example.org"),
        ("sub", ""),
        ("sid", "1"),
        ("sid", None),
        ("jti", 7),
        ("scope", ["admin"]),
        ("exp", "tomorrow"),
        ("exp", None),
        ("iat", "today"),
        ("iat", int((NOON + timedelta(minutes=1)).timestamp())),
        ("exp", int((NOON - timedelta(minutes=1)).timestamp())),
    ],
)
def test_a_claim_of_another_value_is_refused(claim: str, value: Any) -> None:
    assert refused(signed(BODY | {claim: value}))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "refresh+jwt", "", None, 7])
def test_only_access_tokens_are_read(typ: Any) -> None:
    assert refused(signed(BODY, HEADER | {"typ": typ}))
    assert refused(signed(BODY, {"kid": HEADER["kid"]}))


@BOTH
@pytest.mark.parametrize("remembered", [False, True])
def test_a_token_lives_half_an_hour_and_30_seconds(tokens: JwtTokens, remembered: bool) -> None:
    token = tokens.issue(ADA)
    if remembered:
        read(token, tokens)
    CLOCK.time = NOON + LIFETIME + timedelta(seconds=30)
    assert read(token, tokens) == ADA
    CLOCK.time += timedelta(seconds=1)
    assert refused(token, tokens)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.security.tokens._REMEMBERED", 3)
    tokens = hs256()
    for _ in range(10):
        read(tokens.issue(ADA), tokens)
    assert len(tokens._seen) == 3
