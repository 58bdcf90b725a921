"""What belongs to one user does not exist for another, on every route that takes an id."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.running import until
from tests.security.conftest import Server, Session, example, operations

TEXT = b"# Parking\n\nThe garage in Elm Street opens at seven in the morning.\n"
QUESTION = "When does the garage in Elm Street open?"

# Which id of Ada's goes into which parameter. A parameter that is not here fails the test below.
OWNED = {
    "document_id": "document",
    "file_id": "file",
    "message_id": "message",
    "conversation_id": "conversation",
    "key_id": "key",
    "session_id": "session_id",
    "connection_id": "connection",
    "user_id": "user",
}
NO_ID = {"purpose"}  # a word that everybody may say


def _ids(operation: dict[str, Any]) -> list[str]:
    parameters = operation.get("parameters", [])
    return [p["name"] for p in parameters if p["in"] == "path" and p["name"] not in NO_ID]


def _sent(operation: dict[str, Any]) -> dict[str, Any]:
    """A body that is right, so that it is the id that is refused."""
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"files": {"file": ("eve.md", TEXT)}}
    return {"json": example(content["application/json"])} if content else {}


ROUTES = [
    (method, path, names)
    for method, path, operation in operations()
    if (names := _ids(operation)) and "security" in operation
]
BODIES = {
    (method, path): _sent(operation) for method, path, operation in operations() if _ids(operation)
}


@dataclass(frozen=True)
class Ada:
    """An owner and the ids of what she owns."""

    session: Session
    document: str
    version: str
    file: str
    chunk: str
    message: str
    conversation: str
    key: str
    session_id: str
    connection: str
    user: str


@pytest.fixture(scope="module")
def ada(server: Server) -> Ada:
    account = server.a.register()
    session = server.a.log_in(account)
    headers = session.headers
    sent = server.a.post("/documents/upload", headers=headers, files={"file": ("a.md", TEXT)})
    document = sent.json()["id"]

    def ready() -> bool:
        status = server.b.get(f"/documents/{document}/status", headers=headers).json()
        return bool(status["processing_status"] == "completed")

    until(ready)
    answer = server.b.post("/chat/chat", headers=headers, json={"content": QUESTION}).json()
    chunk = server.a.get(f"/documents/{document}/chunks", headers=headers).json()["items"][0]
    ids = "SELECT id, file_id FROM document_versions WHERE document_id = $1"
    (version,) = server.sql(ids, document)
    message = answer["message"]
    assert message["mode"] == "extractive"
    (opened,) = server.a.get("/auth/sessions", headers=headers).json()["items"]
    connect = """INSERT INTO oauth_connections
                 (id, user_id, provider, issuer, subject, created_at, updated_at)
                 VALUES (gen_random_uuid(), $1, 'google', 'https://issuer.example', 'ada', now(), now())
                 RETURNING id"""
    (connection,) = server.sql(connect, account.id)
    return Ada(
        session,
        document,
        str(version["id"]),
        str(version["file_id"]),
        chunk["id"],
        message["id"],
        message["conversation_id"],
        server.a.api_key(session).id,
        opened["id"],
        str(connection["id"]),
        account.id,
    )


@pytest.fixture(scope="module")
def eve(server: Server) -> Session:
    return server.b.sign_up()


def ask(
    server: Server, method: str, path: str, session: Session, ids: dict[str, str]
) -> httpx.Response:
    url = f"http://127.0.0.1:{server.b.port}{path.format(**ids)}"
    return server.b.request(method, url, headers=session.headers, **BODIES[method, path])


@pytest.mark.parametrize(("method", "path", "names"), ROUTES)
def test_another_users_things_are_not_there(
    server: Server, ada: Ada, eve: Session, method: str, path: str, names: list[str]
) -> None:
    hers = {name: getattr(ada, OWNED[name]) for name in names}
    nobodys = {name: str(uuid4()) for name in names}
    foreign = ask(server, method, path, eve, hers)
    assert (foreign.status_code, foreign.json()["code"]) == _denial(names)
    assert _body(foreign) == _body(ask(server, method, path, eve, nobodys))
    if method == "GET":
        assert ask(server, method, path, ada.session, hers).status_code == 200
    else:
        assert _all_there(server, ada)


@pytest.mark.parametrize("kind", ["document", "version", "file", "chunk", "message", "key"])
@pytest.mark.parametrize(("method", "path", "names"), ROUTES)
def test_an_id_opens_only_what_it_names(
    server: Server, ada: Ada, kind: str, method: str, path: str, names: list[str]
) -> None:
    """Even for their owner: the id of a version is not that of its document."""
    ids = {name: getattr(ada, kind if OWNED[name] != kind else "conversation") for name in names}
    assert ask(server, method, path, ada.session, ids).status_code == _denial(names)[0]
    assert _all_there(server, ada)


def test_lists_search_and_answers_are_of_ones_own_documents(
    server: Server, ada: Ada, eve: Session
) -> None:
    assert server.a.get("/documents", headers=eve.headers).json()["items"] == []
    for named, status in (({}, 200), ({"document_ids": [ada.document]}, 404)):
        found = server.a.post("/search", headers=eve.headers, json={"query": "garage"} | named)
        assert (found.status_code, found.json().get("items", [])) == (status, [])
        said = server.a.post("/chat/chat", headers=eve.headers, json={"content": QUESTION} | named)
        assert said.status_code in (200, 404)
        assert "seven" not in said.text


def test_nobody_speaks_in_anothers_conversation(server: Server, ada: Ada, eve: Session) -> None:
    body = {"content": QUESTION, "conversation_id": ada.conversation}
    assert server.a.post("/chat/chat", headers=eve.headers, json=body).status_code == 404
    mine = "SELECT count(*) AS said FROM messages WHERE conversation_id = $1"
    assert server.sql(mine, ada.conversation)[0]["said"] == 2


def test_the_same_bytes_are_another_document_of_another_user(
    server: Server, ada: Ada, eve: Session
) -> None:
    sent = server.b.post("/documents/upload", headers=eve.headers, files={"file": ("b.md", TEXT)})
    assert sent.status_code == 201
    assert sent.json()["id"] != ada.document
    assert (
        server.b.delete(f"/documents/{sent.json()['id']}", headers=eve.headers).status_code == 204
    )
    assert _all_there(server, ada)


def _all_there(server: Server, ada: Ada) -> bool:
    paths = (f"/documents/{ada.document}/download", f"/messages/{ada.message}")
    answers = [server.a.get(path, headers=ada.session.headers) for path in paths]
    kept = [answer.status_code for answer in answers] == [200, 200] and answers[0].content == TEXT
    return kept and _listed(server, ada) == [[ada.session_id], [ada.key], [ada.connection]]


def _listed(server: Server, ada: Ada) -> list[list[str]]:
    sessions, keys, connections = (
        server.a.get(f"/auth/{name}", headers=ada.session.headers).json()
        for name in ("sessions", "api-keys", "oauth/connections")
    )
    return [[one["id"] for one in ones] for ones in (sessions["items"], keys, connections)]


def _denial(names: list[str]) -> tuple[int, str]:
    """Other accounts are the administrators' affair, whether they exist or not."""
    return (403, "forbidden") if "user_id" in names else (404, "not_found")


def _body(answer: httpx.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}
