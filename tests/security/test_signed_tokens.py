"""A signature of ours is not enough: every claim has to be there and right. The tests sign with the
server's own key, from its database and the data folder."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from jwt.utils import base64url_encode

from adapters.security.crypto import AesGcmCrypto
from entrypoints.keys import aes_keys
from tests.security.conftest import Server, Session, bearer

type Json = dict[str, Any]
type Change = Callable[[Json], Json]

AN_HOUR = 3600
FUTURE = 10**10
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Signer:
    """Makes tokens as the server does, of a session's own."""

    server: Server
    private: Any
    head: Json
    body: Json

    def signed(self, head: Json, body: Json) -> str:
        return signed(self.private, head, body)

    def opens(self, token: str) -> bool:
        """Alike on both processes."""
        answers = [
            api.get("/users/me", headers=bearer(token)) for api in (self.server.a, self.server.b)
        ]
        statuses = {answer.status_code for answer in answers}
        assert statuses in ({200}, {401}), [answer.text for answer in answers]
        return statuses == {200}


def signed(key: Any, head: Json, body: Json) -> str:
    """By hand, for a library would mend or refuse what is wrong here."""
    parts = [base64url_encode(msgspec.json.encode(part)) for part in (head, body)]
    signature = ECAlgorithm(ECAlgorithm.SHA256).sign(b".".join(parts), key)
    return b".".join([*parts, base64url_encode(signature)]).decode()


@pytest.fixture(scope="module")
def session(server: Server) -> Session:
    return server.a.sign_up()


@pytest.fixture(scope="module")
def signer(server: Server, session: Session) -> Signer:
    (row,) = server.sql("SELECT kid, private_key FROM signing_keys WHERE state = 'active'")
    crypto = AesGcmCrypto(aes_keys((server.folder / "data" / "encryption.key").read_text()))
    der = crypto.decrypt(row["private_key"], f"signing_keys:private_key:{row['kid']}")
    private = serialization.load_der_private_key(der, password=None)
    head = jwt.get_unverified_header(session.access)
    body = jwt.decode(session.access, options={"verify_signature": False})
    assert head["kid"] == row["kid"]
    return Signer(server, private, head, body)


def put(name: str, value: object) -> Change:
    return lambda part: part | {name: value}


def without(name: str) -> Change:
    return lambda part: {key: value for key, value in part.items() if key != name}


CLAIMS: dict[str, Change] = {
    **{f"no {name}": without(name) for name in ("iss", "aud", "sub", "sid", "jti", "iat", "exp")},
    "no scope": without("scope"),
    "another's iss": put("iss", "https://evil.example"),
    "iss with a slash": lambda body: body | {"iss": body["iss"] + "/"},
    "two iss": lambda body: body | {"iss": [body["iss"], "https://evil.example"]},
    "another's aud": put("aud", "https://evil.example"),
    "ours among aud": lambda body: body | {"aud": [body["aud"], "https://evil.example"]},
    "empty aud": put("aud", ""),
    "expired": lambda body: body | {"iat": body["iat"] - AN_HOUR, "exp": int(time.time()) - 31},
    "exp as text": put("exp", str(FUTURE)),
    "exp of another type": put("exp", [FUTURE]),
    "exp null": put("exp", None),
    "iat in the future": lambda body: body | {"iat": int(time.time()) + AN_HOUR},
    "nbf in the future": lambda body: body | {"nbf": int(time.time()) + AN_HOUR},
    "unknown sid": put("sid", UNKNOWN),
    "sid that is none": put("sid", "' OR 1=1 --"),
    "sid null": put("sid", None),
    "unknown sub": put("sub", UNKNOWN),
    "sub that is none": put("sub", "admin"),
    "sub as number": put("sub", 1),
}
HEADS: dict[str, Change] = {
    "no typ": without("typ"),
    "typ JWT": put("typ", "JWT"),
    "typ of a refresh token": put("typ", "rt+jwt"),
    "typ null": put("typ", None),
    "no kid": without("kid"),
    "critical extension": put("crit", ["exp"]),
    "unknown critical extension": lambda head: head | {"crit": ["x"], "x": True},
    "empty crit": put("crit", []),
    "unencoded payload": lambda head: head | {"crit": ["b64"], "b64": False},
}
KIDS = [
    "",
    "../../../../dev/null",
    "/etc/passwd",
    "file:///dev/null",
    "https://evil.example/key.pem",
    "' UNION SELECT 'a' --",
    "x'; DROP TABLE signing_keys; --",
    "$(id)",
    "nul\x00",
    "💥",
    UNKNOWN,
    "k" * 4096,
]


def test_what_the_tests_sign_opens_as_it_should(signer: Signer) -> None:
    """So the refusals below are not of the signature."""
    assert signer.opens(signer.signed(signer.head, signer.body))
    assert signer.opens(signer.signed(signer.head, signer.body | {"jti": str(uuid4()), "more": 1}))


@pytest.mark.parametrize("wrong", CLAIMS)
def test_a_signed_token_with_a_wrong_claim_opens_nothing(signer: Signer, wrong: str) -> None:
    assert not signer.opens(signer.signed(signer.head, CLAIMS[wrong](signer.body)))


@pytest.mark.parametrize("wrong", HEADS)
def test_a_signed_token_with_a_wrong_header_opens_nothing(signer: Signer, wrong: str) -> None:
    assert not signer.opens(signer.signed(HEADS[wrong](signer.head), signer.body))


def test_the_session_of_another_user_is_not_the_subjects(server: Server, signer: Signer) -> None:
    theirs = jwt.decode(server.b.sign_up().access, options={"verify_signature": False})
    for name in ("sub", "sid"):
        assert not signer.opens(signer.signed(signer.head, signer.body | {name: theirs[name]}))


def test_rights_that_a_signed_token_claims_are_not_given(server: Server, signer: Signer) -> None:
    """They come of the database."""
    claimed = {"scope": "admin", "is_admin": True, "roles": ["admin"]}
    token = signer.signed(signer.head, signer.body | claimed)
    assert server.a.get("/users", headers=bearer(token)).status_code == 403


@pytest.mark.parametrize("kid", KIDS)
def test_a_key_is_found_by_its_name_and_nowhere_else(signer: Signer, kid: str) -> None:
    assert not signer.opens(signer.signed(signer.head | {"kid": kid}, signer.body))


def test_a_token_does_not_bring_its_own_key_nor_say_where_it_is(signer: Signer) -> None:
    foreign = ec.generate_private_key(ec.SECP256R1())
    own = ECAlgorithm.to_jwk(foreign.public_key(), as_dict=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/keys"
        for more in ({"jku": url}, {"x5u": url}, {"jku": url, "kid": url}, {"jwk": own}):
            assert not signer.opens(signed(foreign, signer.head | more, signer.body)), more
        assert signer.opens(signer.signed(signer.head | {"jku": url, "x5u": url}, signer.body))
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()
