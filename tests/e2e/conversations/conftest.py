"""A deployment: two API processes and two workers on one database, and a provider of models."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from entrypoints.embedded_postgres import Cluster
from tests.conftest import new_database
from tests.model_provider.process import KEY, ModelProvider
from tests.model_provider.process import running as provider_running
from tests.running import Running, free_port, is_healthy, sql, until
from tests.security.conftest import Api, Secrets, Session

POLICY = "Invoices are kept for ten years. Email is deleted after one year.\n"
ASKED = "How long are invoices kept?"
MODELS = "cut-after,down,paced:40,paced:300,silent:1,echo"

type Json = dict[str, Any]


@dataclass(frozen=True)
class Deployment:
    a: Api
    b: Api
    apis: list[Running]
    workers: list[Running]
    provider: ModelProvider
    environ: dict[str, str]

    @property
    def url(self) -> str:
        return self.environ["DATABASE_URL"]

    def reader(self) -> Session:
        """Somebody with a document, who lets a model see it."""
        session = self.a.sign_up()
        files = {"file": ("policy.md", POLICY.encode())}
        sent = self.a.post("/documents/upload", headers=session.headers, files=files)
        assert sent.status_code == 201, sent.text
        place = f"/documents/{sent.json()['id']}/status"
        until(
            lambda: (
                self.a.get(place, headers=session.headers).json()["processing_status"]
                == "completed"
            )
        )
        granted = self.a.put(
            "/privacy/consents/ai_external.documents",
            headers=session.headers,
            json={"granted": True},
        )
        assert granted.status_code == 200, granted.text
        return session

    def ask(self, api: Api, session: Session, **question: Any) -> Json:
        """The question and the pending answer."""
        place = f"/chat/conversations/{self.conversation(api, session)}/messages"
        asked = api.post(place, headers=session.headers, json={"content": ASKED} | question)
        assert asked.status_code == 201, asked.text
        found: Json = asked.json()
        return found

    def conversation(self, api: Api, session: Session) -> str:
        made = api.post("/chat/conversations", headers=session.headers, json={"title": "Fees"})
        assert made.status_code == 201, made.text
        found: str = made.json()["id"]
        return found

    def ended(self, api: Api, session: Session, answer: Json) -> Json:
        place = f"/messages/{answer['id']}"

        def end() -> Json | None:
            shown: Json = api.get(place, headers=session.headers).json()
            return shown if shown["status"] in ("complete", "stopped", "failed") else None

        found = until(end)
        assert found is not None
        return found

    def charges(self, answer: Json) -> list[tuple[str, str]]:
        """The usage events of an answer; none as long as something is reserved for it."""
        used = (
            "SELECT status, provider FROM usage_events WHERE message_id = $1"
            " AND NOT EXISTS (SELECT FROM usage_reservations WHERE id = $1)"
        )
        return [(row["status"], row["provider"]) for row in sql(self.url, used, UUID(answer["id"]))]

    def kill_workers(self) -> None:
        for worker in self.workers:
            worker.kill()

    def start_workers(self) -> None:
        for worker in self.workers:
            worker.start()


@contextmanager
def streaming(api: Api, place: str, session: Session, **more: str) -> Iterator[Iterator[Json]]:
    """The events of a stream as they come: `id`, `event` and `data`."""
    with (
        httpx.Client(base_url=api.base_url, timeout=60) as client,
        client.stream("GET", place, headers=session.headers | more) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.read()
        yield events(answer)


def events(answer: httpx.Response) -> Iterator[Json]:
    return events_of(answer.iter_lines())


def events_of(lines: Iterable[str]) -> Iterator[Json]:
    event: Json = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "data":
            yield event | {"data": msgspec.json.decode(value)}
            event = {}
        elif name:
            event[name] = value


@pytest.fixture(scope="module")
def deployment(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(new_database(cluster), tmp_path_factory.mktemp("deployment")) as deployment:
        yield deployment


@contextmanager
def deployed(database: str, folder: Path, **settings: str) -> Iterator[Deployment]:
    ports = [free_port(), free_port()]
    with provider_running() as provider:
        environ = {
            "DATABASE_URL": database,
            "DATA_DIR": str(folder / "data"),
            "HASH_QUEUE_MS": "50000",
            "LOGIN_FAILURES_PER_ADDRESS_PER_MINUTE": "0",
            "REGISTRATIONS_PER_ADDRESS_PER_MINUTE": "0",
            "AI_PROVIDER": "openai",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": provider.base_url,
            "OPENAI_MODEL": "cites",
            "AI_MODELS": MODELS,
            **settings,
        }
        apis = [
            Running("api", folder / f"api-{port}.log", environ | {"PORT": str(port)})
            for port in ports
        ]
        workers = [Running("worker", folder / f"worker-{n}.log", environ) for n in range(2)]
        try:
            for process in (*apis, *workers):
                process.start()
            for port in ports:
                until(lambda port=port: is_healthy(port))  # type: ignore[misc]
            secrets = Secrets()
            with Api(ports[0], secrets) as a, Api(ports[1], secrets) as b:
                yield Deployment(a, b, apis, workers, provider, environ)
        finally:
            for process in (*apis, *workers):
                process.end()
    log = "".join(process.output for process in (*apis, *workers))
    assert KEY not in log
