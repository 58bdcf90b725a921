"""What is not a token of ours opens nothing, and is found out before the body is read."""

import base64
import hashlib
import hmac
import socket
import time
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.running import PATIENCE
from tests.security.conftest import Server, Session, bearer, operations

PUBLIC = {
    "GET /",
    "GET /health",
    "GET /problems",
    "GET /problems/{code}",
    "GET /api/v1/health",
    "GET /api/v1/health/db",
    "GET /api/v1/health/detailed",
    "GET /api/v1/documents/formats",
    "GET /api/v1/health/ready",
    "GET /api/v1/.well-known/jwks.json",
    "GET /api/v1/auth/csrf",
    "GET /api/v1/auth/oauth/{provider}/callback",
    "GET /api/v1/auth/oauth/{provider}/start",
    "POST /api/v1/auth/email/change/confirm",
    "POST /api/v1/auth/email/verify",
    "POST /api/v1/auth/login",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/password/forgot",
    "POST /api/v1/auth/password/reset",
    "POST /api/v1/auth/refresh",
    "POST /api/v1/auth/register",
}
SOME_ID = "00000000-0000-7000-8000-000000000000"
LARGE = 50 * 1024 * 1024  # bytes


@pytest.fixture(scope="module")
def session(server: Server) -> Session:
    return server.a.sign_up()


def _filled(path: str, operation: Any) -> str:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", SOME_ID)
    return path


SECURED = [
    (method, _filled(path, operation))
    for method, path, operation in operations()
    if f"{method} {path}" not in PUBLIC
]


def test_the_public_routes_are_those_of_the_list() -> None:
    assert {f"{method} {path}" for method, path, _ in operations()} >= PUBLIC
    assert all(
        operation.get("security")
        for method, path, operation in operations()
        if f"{method} {path}" not in PUBLIC
    )


@pytest.mark.parametrize(("method", "path"), SECURED)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic YWRhOnB3"}, bearer("x")])
def test_every_other_route_wants_a_token(
    server: Server, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = server.a.request(method, _at(server, path), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"), [one for one in SECURED if one[0] in ("POST", "PUT", "PATCH")]
)
def test_a_bad_token_is_refused_before_the_body_is_read(
    server: Server, method: str, path: str
) -> None:
    """The answer comes although not one byte of the body was sent."""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer x\r\n"
        f"content-type: application/json\r\ncontent-length: {LARGE}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.a.port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_a_token_is_taken_from_its_header_only(server: Server, session: Session) -> None:
    query = {"access_token": session.access, "token": session.access}
    assert server.a.get("/users/me", params=query).status_code == 401
    cookie = {"cookie": f"access_token={session.access}"}
    assert server.a.get("/users/me", headers=cookie).status_code == 401


def test_a_refresh_token_is_no_access_token_nor_the_other_way_round(
    server: Server, session: Session
) -> None:
    assert server.a.get("/users/me", headers=bearer(session.refresh)).status_code == 401
    crossed = server.a.post("/auth/refresh", json={"refresh_token": session.access})
    assert crossed.status_code in (401, 422)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_an_unsigned_token_is_none(server: Server, session: Session, algorithm: str) -> None:
    head, body, signature = _parts(session)
    head["alg"] = algorithm
    for tail in ("", signature):
        assert _refused(server, f"{_encoded(head)}.{_encoded(body)}.{tail}")


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
def test_our_public_key_is_no_shared_secret(server: Server, session: Session, form: str) -> None:
    named = _parts(session)[0]["kid"]
    keys = server.a.get("/.well-known/jwks.json").json()["keys"]
    (jwk,) = [key for key in keys if key["kid"] == named]
    public = jwt.PyJWK(jwk).key
    encoding = {"pem": serialization.Encoding.PEM, "der": serialization.Encoding.DER}
    secret = (
        msgspec.json.encode(jwk)
        if form == "jwk"
        else public.public_bytes(encoding[form], serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head, body, _ = _parts(session)
    signed = f"{_encoded(head | {'alg': 'HS256'})}.{_encoded(body)}"
    signature = hmac.digest(secret, signed.encode(), hashlib.sha256)
    assert _refused(server, f"{signed}.{_base64(signature)}")


def test_another_key_under_our_name_signs_nothing(server: Server, session: Session) -> None:
    head, body, _ = _parts(session)
    foreign = ec.generate_private_key(ec.SECP256R1())
    assert _refused(server, jwt.encode(body, foreign, algorithm="ES256", headers=head))
    assert _refused(
        server, jwt.encode(body, foreign, algorithm="ES256", headers=head | {"kid": "mine"})
    )
    embedded = {"jwk": jwt.algorithms.ECAlgorithm.to_jwk(foreign.public_key(), as_dict=True)}
    assert _refused(server, jwt.encode(body, foreign, algorithm="ES256", headers=head | embedded))


def test_a_changed_bit_breaks_the_signature(server: Server, session: Session) -> None:
    head, body, signature = session.access.split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    for at in (0, 31, 32, 63):
        flipped = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        assert _refused(server, f"{head}.{body}.{_base64(flipped)}")
    assert _refused(server, f"{head}.{body}.{_base64(bytes(64))}")


def test_claims_that_were_changed_are_not_believed(server: Server, session: Session) -> None:
    other = server.b.sign_up()
    head, body, signature = _parts(session)
    for change in (_parts(other)[1], body | {"exp": int(time.time()) + 10**6}):
        assert _refused(server, f"{_encoded(head)}.{_encoded(change)}.{signature}")


@pytest.mark.parametrize("kid", [None, "", 7, ["x"], "../../etc/passwd", "' OR 1=1 --"])
def test_a_strange_key_name_is_a_bad_token_and_no_error(
    server: Server, session: Session, kid: object
) -> None:
    head, body, signature = _parts(session)
    assert _refused(server, f"{_encoded(head | {'kid': kid})}.{_encoded(body)}.{signature}")


@pytest.mark.parametrize("token", [".", "..", "a.b.c", "💥", "x" * 8000, "e30.e30.e30", "a b"])
def test_noise_is_a_bad_token_and_no_error(server: Server, token: str) -> None:
    answer = server.a.get("/users/me", headers={b"authorization": b"Bearer " + token.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def _refused(server: Server, token: str) -> bool:
    answer = server.a.get("/users/me", headers=bearer(token))
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 401


def _at(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.a.port}{path}"


def _parts(session: Session) -> tuple[dict[str, Any], dict[str, Any], str]:
    head, body, signature = session.access.split(".")
    decoded = [msgspec.json.decode(base64.urlsafe_b64decode(part + "==")) for part in (head, body)]
    return decoded[0], decoded[1], signature


def _encoded(value: object) -> str:
    return _base64(msgspec.json.encode(value))


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")
