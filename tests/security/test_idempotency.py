"""A key is one on all processes: what is sent to both at once is done once."""

import httpx

from tests.security.conftest import Server, Session
from tests.security.test_sessions import spread


def test_fifty_requests_with_one_key_are_done_once(server: Server) -> None:
    session = server.a.sign_up()
    headers, body = session.headers | {"idempotency-key": "5f0c1d5e"}, {"title": "Retention"}

    def create(n: int) -> httpx.Response:
        return (server.a, server.b)[n % 2].post("/chat/conversations", json=body, headers=headers)

    answers = spread(server, create)
    answered = [answer for answer in answers if answer.status_code == 201]
    others = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert len({answer.content for answer in answered}) == 1
    assert others <= {"request_in_flight"}
    assert sum("idempotency-replayed" not in answer.headers for answer in answered) == 1
    assert conversations(server, session) == 1

    late = server.b.post("/chat/conversations", json=body, headers=headers)
    assert (late.status_code, late.content) == (201, answered[0].content)
    assert late.headers["idempotency-replayed"] == "true"


def test_fifty_questions_with_one_key_are_one_whose_answer_all_get(server: Server) -> None:
    session = server.a.sign_up()
    headers, body = session.headers | {"idempotency-key": "5f0c1d5e"}, {"content": "How long?"}

    def ask(n: int) -> httpx.Response:
        return (server.a, server.b)[n % 2].post("/chat/chat", json=body, headers=headers)

    answers = [*spread(server, ask), ask(0)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert conversations(server, session) == 1


def conversations(server: Server, session: Session) -> int:
    user = server.a.get("/users/me", headers=session.headers).json()["id"]
    found = server.sql("SELECT count(*) FROM conversations WHERE user_id = $1", user)
    count: int = found[0]["count"]
    return count


def test_a_secret_is_made_once_and_never_kept(server: Server) -> None:
    session = server.a.sign_up()
    headers, body = session.headers | {"idempotency-key": "5f0c1d5e"}, {"name": "import"}

    def create(n: int) -> httpx.Response:
        return (server.a, server.b)[n % 2].post("/auth/api-keys", json=body, headers=headers)

    answers = spread(server, create)
    (created,) = [answer for answer in answers if answer.status_code == 201]
    others = {answer.json()["code"] for answer in answers if answer is not created}
    assert others <= {"request_in_flight", "answered_once"}
    assert len(server.b.get("/auth/api-keys", headers=session.headers).json()) == 1
    kept = server.sql(
        "SELECT headers, body FROM idempotency_keys WHERE route = $1", "/api/v1/auth/api-keys"
    )
    assert [(row["headers"], row["body"]) for row in kept] == [("{}", None)]
