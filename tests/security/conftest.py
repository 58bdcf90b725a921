"""Two API processes and a worker on one database, as a deployment has them, once for all tests."""

from collections.abc import Iterator
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
from tests.running import PATIENCE, ROOT, Running, free_port, is_healthy, sql, until

PASSWORD = "correct horse battery staple"
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
    """Every password and token of the run: none may be in the log."""

    known: set[str] = field(default_factory=lambda: {PASSWORD})

    def found_in(self, text: str) -> list[str]:
        return [secret for secret in self.known if secret in text]


class Api(httpx.Client):
    """A client of one API process."""

    def __init__(self, port: int, secrets: Secrets) -> None:
        super().__init__(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=PATIENCE)
        self.port, self._secrets = port, secrets

    def register(self, email: str | None = None) -> Account:
        body = {"email": email or f"user-{next(_numbers)}@example.org", "password": PASSWORD}
        answer = self.post("/auth/register", json=body)
        assert answer.status_code == 201, answer.text
        return Account(body["email"], answer.json()["id"])

    def log_in(self, account: Account, password: str = PASSWORD) -> Session:
        self._secrets.known.add(password)
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
        self._secrets.known.add(answer.json()["key"])
        return ApiKey(answer.json()["id"], answer.json()["key"])

    def knows(self, session: Session | ApiKey) -> bool:
        answer = self.get("/users/me", headers=session.headers)
        inactive = answer.status_code == 403 and answer.json()["code"] == "account_inactive"
        assert answer.status_code in (200, 401) or inactive, answer.text
        return answer.status_code == 200

    def _session(self, answer: httpx.Response) -> Session:
        assert answer.status_code == 200, answer.text
        session = Session(answer.json()["access_token"], answer.json()["refresh_token"])
        self._secrets.known |= {session.access, session.refresh}
        return session


@dataclass(frozen=True)
class Server:
    """Two processes, `a` and `b`, that share nothing but the database and DATA_DIR."""

    a: Api
    b: Api
    database: str
    secrets: Secrets
    folder: Path

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
        return sql(self.database, statement, *arguments)


@pytest.fixture(scope="session")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("security")
    database, ports = new_database(cluster), (free_port(), free_port())
    shared = {
        "DATABASE_URL": database,
        "DATA_DIR": str(folder / "data"),
        # Patience, for 50 registrations at once shall all have an answer.
        "HASH_QUEUE_MS": "50000",
        # All tests come from one address.
        "LOGIN_FAILURES_PER_ADDRESS_PER_MINUTE": "0",
        "REGISTRATIONS_PER_ADDRESS_PER_MINUTE": "0",
    }
    processes = [Running("worker", folder / "worker.log", shared)] + [
        Running("api", folder / f"api-{port}.log", shared | {"PORT": str(port)}) for port in ports
    ]
    secrets = Secrets()
    try:
        for process in processes:
            process.start()  # all on an empty database at once
        for port in ports:
            until(lambda port=port: is_healthy(port))  # type: ignore[misc]
        with Api(ports[0], secrets) as a, Api(ports[1], secrets) as b:
            server = Server(a, b, database, secrets, folder)
            yield server
    finally:
        for process in processes:
            process.end()
    assert not secrets.found_in(server.log), "a secret of this run is in its log"
    assert "Traceback" not in server.log
    assert not secrets.found_in(cluster.log.read_text())


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def operations() -> list[tuple[str, str, Json]]:
    """Method, path and description of every operation of the OpenAPI document, which
    tests/architecture keeps true."""
    document = msgspec.json.decode((ROOT / "docs/api/openapi.json").read_bytes())
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
