"""A provider of OpenID Connect, and a likeness of GitHub, in a process of its own.

It signs in whoever `POST /control` names, without asking, and keeps to the standards (RFC 6749,
RFC 7636, OpenID Connect Core and Discovery) unless it is told to `misbehave`.
"""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "colonnade", "s3cret/with:odd characters"
ADA = {"sub": "ada-1", "email": "ada@example.org", "email_verified": True, "name": "Ada Lovelace"}

type Json = dict[str, Any]


class Key:
    """One signing key, as the provider keeps it and as it shows it."""

    def __init__(self, kid: str, algorithm: str) -> None:
        self.kid, self.algorithm = kid, algorithm
        self.private: Any
        if algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
            public = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        else:
            self.private = rsa.generate_private_key(65537, 2048)
            public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        self.public = public | {"kid": kid, "alg": algorithm, "use": "sig"}


class State:
    """What the provider knows, and what it was told to do wrong."""

    def __init__(self) -> None:
        self.keys = [Key("first", "ES256")]
        self.reset()

    def reset(self, **told: Any) -> None:
        self.user: Json = ADA | told.get("user", {})
        self.misbehave: str = told.get("misbehave", "")
        self.codes: dict[str, Json] = {}
        self.tokens: dict[str, Json] = {}
        self.seen: list[str] = []

    def rotate(self, algorithm: str) -> None:
        self.keys = [Key(secrets.token_hex(4), algorithm)]


STATE = State()


def by_hand(claims: Json, headers: Json, secret: bytes) -> str:
    """HS256 with a secret that no library takes for one."""
    parts = [json.dumps(part).encode() for part in (headers | {"alg": "HS256"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, text, "sha256")).rstrip(b"=")
    return (text + b"." + signature).decode()


def id_token(issuer: str, granted: Json) -> str:
    """Signed as the standard wants it, or wrong in the one way that was ordered."""
    now, wrong, key = int(time.time()), STATE.misbehave, STATE.keys[0]
    claims: Json = granted["user"] | {
        "iss": issuer,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 300,
        "nonce": granted["nonce"],
    }
    if wrong in ("thin", "userinfo_of_another"):
        claims = {k: v for k, v in claims.items() if k not in ("email", "email_verified", "name")}
    changes: dict[str, Json] = {
        "wrong_issuer": {"iss": "https://elsewhere.example"},
        "wrong_audience": {"aud": "somebody-else"},
        "several_audiences": {"aud": [CLIENT_ID, "somebody-else"]},
        "several_audiences_for_us": {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID},
        "foreign_party": {"azp": "somebody-else"},
        "wrong_nonce": {"nonce": "another"},
        "expired": {"iat": now - 900, "exp": now - 600},
        "from_the_future": {"iat": now + 600, "exp": now + 900},
        "verified_as_text": {"email_verified": "true"},
    }
    claims |= changes.get(wrong, {})
    for missing in ("nonce", "exp", "sub"):
        if wrong == f"no_{missing}":
            del claims[missing]
    headers = {"kid": key.kid}
    if wrong == "alg_none":
        return jwt.encode(claims, "", algorithm="none", headers=headers)
    if wrong == "signed_with_public_key":
        return by_hand(claims, headers, json.dumps(key.public).encode())
    if wrong == "foreign_signature":
        key = Key(key.kid, key.algorithm)
    if wrong == "unknown_key":
        headers = {"kid": "nobody's"}
    if wrong == "no_kid":
        headers = {}
    return jwt.encode(claims, key.private, algorithm=key.algorithm, headers=headers)


class Handler(BaseHTTPRequestHandler):
    """Every endpoint is a method that is called like its path."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._route({})

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self._route({k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()})

    def _route(self, form: Json) -> None:
        parts = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        STATE.seen.append(parts.path)
        endpoints = {
            "/.well-known/openid-configuration": self.discovery,
            "/authorize": self.authorize,
            "/token": self.token,
            "/jwks": self.jwks,
            "/userinfo": self.userinfo,
            "/login/oauth/authorize": self.authorize,
            "/login/oauth/access_token": self.github_token,
            "/user": self.github_user,
            "/user/emails": self.github_emails,
            "/control": self.control,
        }
        endpoint = endpoints.get(parts.path)
        if endpoint is None:
            self.answer(404, {})
        else:
            endpoint(query | form)

    @property
    def issuer(self) -> str:
        return f"http://{self.headers['host']}"

    def control(self, given: Json) -> None:
        told = json.loads(given.get("told", "{}"))
        if algorithm := told.get("rotate"):
            STATE.rotate(algorithm)
        if "rotate" not in told and "seen" not in told:
            STATE.reset(**told)
        self.answer(200, {"seen": STATE.seen})

    def discovery(self, _: Json) -> None:
        if STATE.misbehave == "discovery_down":
            return self.answer(503, {})
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
        names |= {"jwks_uri": "jwks", "userinfo_endpoint": "userinfo"}
        found: Json = {name: f"{self.issuer}/{path}" for name, path in names.items()}
        found["issuer"] = "https://elsewhere.example" if self._is("false_name") else self.issuer
        if self._is("secret_in_form"):
            found["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        return self.answer(200, found)

    def authorize(self, asked: Json) -> None:
        back = {"state": asked["state"]}
        if STATE.misbehave in ("access_denied", "temporarily_unavailable"):
            back["error"] = STATE.misbehave
        elif asked.get("code_challenge_method") != "S256" or asked["response_type"] != "code":
            back["error"] = "invalid_request"
        else:
            back["code"] = secrets.token_urlsafe(16)
            STATE.codes[back["code"]] = asked | {"user": STATE.user, "nonce": asked.get("nonce")}
        self.send_response(302)
        self.send_header("location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.send_header("content-length", "0")
        self.end_headers()

    def token(self, form: Json) -> None:
        if STATE.misbehave == "token_500":
            return self.answer(500, {"error": "broken"})
        if STATE.misbehave == "token_slow":
            time.sleep(3)
        if STATE.misbehave == "token_not_json":
            return self.answer(200, "<html>")
        if not self._knows_client(form):
            return self.answer(401, {"error": "invalid_client"})
        granted = self._redeem(form)
        if granted is None:
            return self.answer(400, {"error": "invalid_grant"})
        token = secrets.token_urlsafe(16)
        STATE.tokens[token] = granted
        body = {"access_token": token, "token_type": "Bearer", "expires_in": 300}
        return self.answer(200, body | {"id_token": id_token(self.issuer, granted)})

    def _knows_client(self, form: Json) -> bool:
        if self._is("secret_in_form"):
            return bool(form.get("client_secret") == CLIENT_SECRET)
        kind, _, pair = self.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(pair).decode().partition(":")
        return (kind, unquote(name), unquote(secret)) == ("Basic", CLIENT_ID, CLIENT_SECRET)

    def _redeem(self, form: Json) -> Json | None:
        """A code is good once, for who asked for it: RFC 6749 4.1.3, RFC 7636 4.6."""
        granted = STATE.codes.pop(form.get("code", ""), None)
        if granted is None or form.get("grant_type") != "authorization_code":
            return None
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        same = ("client_id", "redirect_uri")
        if challenge != granted["code_challenge"] or any(form[n] != granted[n] for n in same):
            return None
        return granted

    def jwks(self, _: Json) -> None:
        if STATE.misbehave == "keys_down":
            return self.answer(500, {})
        return self.answer(200, {"keys": [key.public for key in STATE.keys]})

    def userinfo(self, _: Json) -> None:
        granted = self._bearer()
        if granted is None:
            return self.answer(401, {})
        user = granted["user"] | ({"sub": "eve"} if self._is("userinfo_of_another") else {})
        return self.answer(200, user)

    def github_token(self, form: Json) -> None:
        """GitHub says what is wrong with status 200."""
        granted = self._redeem(form)
        if form.get("client_secret") != CLIENT_SECRET:
            return self.answer(200, {"error": "incorrect_client_credentials"})
        if granted is None:
            return self.answer(200, {"error": "bad_verification_code"})
        token = secrets.token_urlsafe(16)
        STATE.tokens[token] = granted
        return self.answer(200, {"access_token": token, "token_type": "bearer"})

    def github_user(self, _: Json) -> None:
        granted = self._bearer()
        if granted is None:
            return self.answer(401, {"message": "Bad credentials"})
        # `email` is the public one, which nobody has verified.
        public = {"id": 583231, "login": "ada", "name": "Ada", "email": "boss@example.org"}
        return self.answer(200, public)

    def github_emails(self, _: Json) -> None:
        granted = self._bearer()
        if granted is None:
            return self.answer(401, {"message": "Bad credentials"})
        user = granted["user"]
        mine = {
            "email": user["email"],
            "primary": True,
            "verified": user["email_verified"],
            "visibility": None,
        }
        other = {"email": "eve@example.org", "primary": False, "verified": True, "visibility": None}
        return self.answer(200, [other, mine])

    def _bearer(self) -> Json | None:
        return STATE.tokens.get(self.headers.get("authorization", "").partition(" ")[2])

    def _is(self, wrong: str) -> bool:
        return STATE.misbehave == wrong

    def answer(self, status: int, body: Any) -> None:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test that reads the output wants the port only."""


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
