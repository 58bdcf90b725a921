"""Two API processes and a worker on one database, as a deployment has them, once for all tests."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from entrypoints.embedded_postgres import Cluster
from tests.conftest import new_database
from tests.oidc_provider.process import CLIENT_ID, CLIENT_SECRET, PLAIN, ProviderProcess, running
from tests.running import PATIENCE, ROOT, Running, free_port, is_healthy, sql, until

PASSWORD = "correct horse battery staple"
OURS = "http://localhost:8000"  # both processes stand behind it
ELSEWHERE = "https://app.example/signed-in"  # where a browser may go after a provider
_SECRET_FIELDS = {"access_token", "refresh_token", "csrf_token", "key", "token"} | {
    "password",
    "current_password",
    "new_password",
}
_numbers = count(1)

type Json = Any


@dataclass(frozen=True)
class Account:
    email: str
    id: str


@dataclass(frozen=True)
class Session:
    access: str
    refresh: str

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.access)


@dataclass(frozen=True)
class ApiKey:
    id: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.key)


@dataclass
class Secrets:
    """Every password and token of the run, sent or received: none may be in the log."""

    known: set[str] = field(default_factory=lambda: {PASSWORD, CLIENT_SECRET})

    def found_in(self, text: str) -> list[str]:
        return [secret for secret in self.known if secret in text]

    def learn(self, answer: httpx.Response) -> None:
        """For an HTTP client to call after each request."""
        answer.read()
        for body in (_content(answer.request), answer.content):
            with suppress(msgspec.DecodeError):
                self._learn_of(msgspec.json.decode(body))
        self._keep(answer.cookies.values())
        self._keep([answer.request.headers.get("authorization", "").partition(" ")[2]])

    def _learn_of(self, told: Json) -> None:
        if isinstance(told, dict):
            self._keep(told[name] for name in _SECRET_FIELDS & told.keys())

    def _keep(self, values: Iterable[Json]) -> None:
        self.known |= {one for one in values if isinstance(one, str) and 8 <= len(one) <= 1024}


def _content(request: httpx.Request) -> bytes:
    """A stream is none: what it held is gone."""
    with suppress(httpx.RequestNotRead):
        return request.content
    return b""


class Api(httpx.Client):
    """A client of one API process. All of 127.0.0.0/8 is this machine: `address` is whom the
    process sees."""

    def __init__(self, port: int, secrets: Secrets, address: str = "127.0.0.1") -> None:
        super().__init__(
            base_url=f"http://127.0.0.1:{port}/api/v1",
            timeout=PATIENCE,
            transport=httpx.HTTPTransport(verify=PLAIN, local_address=address),
            event_hooks={"response": [secrets.learn]},
        )
        self.port = port

    def register(self, email: str | None = None) -> Account:
        body = {"email": email or f"user-{next(_numbers)}@example.org", "password": PASSWORD}
        answer = self.post("/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        return Account(body["email"], answer.json()["id"])

    def log_in(self, account: Account, password: str = PASSWORD) -> Session:
        body = {"email": account.email, "password": password}
        return self._session(self.post("/auth/login", json=body))

    def refresh(self, refresh_token: str) -> Session:
        return self._session(self.post("/auth/refresh", json={"refresh_token": refresh_token}))

    def sign_up(self) -> Session:
        """A session of a fresh account."""
        return self.log_in(self.register())

    def api_key(self, session: Session, *scopes: str) -> ApiKey:
        body = {"name": "a program", "scopes": scopes}
        answer = self.post("/auth/api-keys", json=body, headers=session.headers)
        assert answer.status_code == 201, answer.text
        return ApiKey(answer.json()["id"], answer.json()["key"])

    def knows(self, session: Session | ApiKey) -> bool:
        answer = self.get("/users/me", headers=session.headers)
        inactive = answer.status_code == 403 and answer.json()["code"] == "account_inactive"
        assert answer.status_code in (200, 401) or inactive, answer.text
        return answer.status_code == 200

    def _session(self, answer: httpx.Response) -> Session:
        assert answer.status_code == 200, answer.text
        return Session(answer.json()["access_token"], answer.json()["refresh_token"])


@dataclass(frozen=True)
class Server:
    """Two processes, `a` and `b`, that share nothing but the database and DATA_DIR."""

    a: Api
    b: Api
    processes: list[Running]
    environ: dict[str, str]
    secrets: Secrets
    folder: Path
    provider: ProviderProcess

    @property
    def cpu_seconds(self) -> float:
        """Of the API processes."""
        return sum(each.cpu_seconds for each in self.processes if each.command == "api")

    @property
    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def mailed_token(self, account: Account, subject: str) -> str:
        """That of the link in a letter to `account`, once the worker has written it."""
        token = until(lambda: self._mailed(account.email, subject))
        self.secrets.known.add(token)
        return token

    def _mailed(self, address: str, subject: str) -> str:
        for path in (self.folder / "data" / "mail").glob("*.eml"):
            letter = message_from_bytes(path.read_bytes())
            if letter["To"] == address and letter["Subject"] == subject:
                payload = letter.get_payload(decode=True)
                assert isinstance(payload, bytes)
                return payload.partition(b"#token=")[2][:43].decode()
        return ""

    def promote(self, account: Account) -> None:
        self.sql("UPDATE users SET is_admin = true WHERE id = $1", account.id)

    def sql(self, statement: str, *arguments: object) -> list[Any]:
        """Past the API and past row security, as the database's owner."""
        return sql(self.environ["DATABASE_URL"], statement, *arguments)

    @contextmanager
    def another(self, **different: str) -> Iterator[int]:
        """The port of a further process on the same database, with these settings changed."""
        port = free_port()
        environ = self.environ | different | {"PORT": str(port)}
        process = Running("api", self.folder / f"api-{port}.log", environ)
        process.start()
        try:
            until(lambda: is_healthy(port))
            yield port
        finally:
            process.end()


@pytest.fixture(scope="session")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("security")
    secrets = Secrets()
    with running() as provider:
        environ = {
            "DATABASE_URL": new_database(cluster),
            "DATA_DIR": str(folder / "data"),
            "PUBLIC_URL": OURS,
            # Patience, for 50 registrations at once shall all have an answer.
            "HASH_QUEUE_MS": "50000",
            # All tests come from one address.
            "LOGIN_FAILURES_PER_ADDRESS_PER_MINUTE": "0",
            "REGISTRATIONS_PER_ADDRESS_PER_MINUTE": "0",
            "OIDC_ISSUER": provider.url,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "OAUTH_REDIRECTS": ELSEWHERE,
        }
        with (
            _started(folder, environ) as (processes, ports),
            Api(ports[0], secrets) as a,
            Api(ports[1], secrets) as b,
        ):
            yield (server := Server(a, b, processes, environ, secrets, folder, provider))
    secrets.known |= {key.read_text() for key in (folder / "data").glob("*.key")}
    assert not secrets.found_in(server.log), "a secret of this run is in its log"
    assert "Traceback" not in server.log
    assert not secrets.found_in(cluster.log.read_text())


@contextmanager
def _started(folder: Path, environ: dict[str, str]) -> Iterator[tuple[list[Running], list[int]]]:
    """A worker and two API processes, which all start on an empty database at once, and the ports
    of these."""
    ports = [free_port(), free_port()]
    processes = [Running("worker", folder / "worker.log", environ)] + [
        Running("api", folder / f"api-{port}.log", environ | {"PORT": str(port)}) for port in ports
    ]
    try:
        for process in processes:
            process.start()
        for port in ports:
            until(lambda port=port: is_healthy(port))  # type: ignore[misc]
        yield processes, ports
    finally:
        for process in processes:
            process.end()


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


DOCUMENT: Json = msgspec.json.decode((ROOT / "docs/api/openapi.json").read_bytes())


def operations() -> list[tuple[str, str, Json]]:
    """Method, path and description of every operation of the OpenAPI document, which
    tests/architecture keeps true."""
    return [
        (method.upper(), path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    ]


def example(media: Json) -> Json:
    """The first of a body's."""
    (named, *_) = media["examples"].values()
    return DOCUMENT["components"]["examples"][named["$ref"].rpartition("/")[2]]["value"]
