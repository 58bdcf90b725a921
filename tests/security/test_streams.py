"""A document is watched on one process while a worker reads it, and on the other just so."""

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

from tests.running import PATIENCE, until
from tests.security.conftest import Api, Server, Session

LONG = "# Fees\n\n" + "".join(f"Clause {n} says what number {n} says.\n\n" for n in range(2600))

# As if it were being read still, though no job is left that would ever end it.
STUCK = "UPDATE document_versions SET status = 'processing' WHERE document_id = $1"


def upload(api: Api, session: Session, text: str) -> str:
    files = {"file": ("fees.md", text.encode())}
    sent = api.post("/documents/upload", headers=session.headers, files=files)
    assert sent.status_code == 201, sent.text
    document: str = sent.json()["id"]
    return document


def plain(api: Api) -> httpx.Client:
    """One that does not wait for an answer's end, as the other does to learn its secrets."""
    return httpx.Client(base_url=api.base_url, timeout=PATIENCE)


def statuses(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    assert answer.headers["content-type"].startswith("text/event-stream")
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield msgspec.json.decode(line.removeprefix("data: "))


def test_both_processes_tell_of_every_step_until_the_end(server: Server) -> None:
    ada = server.a.sign_up()
    document = upload(server.a, ada, LONG)
    place = f"/documents/{document}/events"
    with (
        plain(server.a) as a,
        plain(server.b) as b,
        a.stream("GET", place, headers=ada.headers) as here,
        b.stream("GET", place, headers=ada.headers) as there,
    ):
        told = [list(statuses(there)), list(statuses(here))]
    for seen in told:
        assert seen[-1]["processing_status"] == "completed"
        assert "embed" in [status["processing_step"] for status in seen]
        # signals came, for the polls are 15 seconds apart
        parts = [s["processing_done"] for s in seen if s["processing_step"] == "embed"]
        assert len(parts) > 2
        assert parts == sorted(parts)


def test_a_stream_ends_with_its_client_and_holds_no_connection(server: Server) -> None:
    account = server.a.register()
    ada = server.a.log_in(account)
    document = upload(server.a, ada, "Held back.")
    place = f"/documents/{document}/events"
    server.a.get(place, headers=ada.headers)  # until it is read
    server.sql(STUCK, document)

    def ended() -> int:
        """A request's line is written when it is over."""
        lines = [line for line in server.log.splitlines() if "{document_id}/events" in line]
        return sum(account.id in line for line in lines)

    clients = [plain(server.b) for _ in range(30)]
    answers = []
    for client in clients:
        request = client.build_request("GET", place, headers=ada.headers)
        answers.append(client.send(request, stream=True))
    assert {answer.status_code for answer in answers} == {200}
    open_ones = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = $1"
    (row,) = server.sql(open_ones + " AND datname = current_database()", "colonnade signals")
    assert row["n"] <= 2
    assert server.b.knows(ada)
    assert ended() == 1
    for client in clients:
        client.close()
    until(lambda: ended() == 1 + len(clients))


def test_a_stream_ends_soon_after_the_session_or_the_key_that_opened_it(server: Server) -> None:
    account = server.a.register()
    ada, other = server.a.log_in(account), server.a.log_in(account)
    key = server.a.api_key(ada, "documents")
    document = upload(server.a, ada, "Held back.")
    place = f"/documents/{document}/events"
    server.a.get(place, headers=ada.headers)  # until it is read
    server.sql(STUCK, document)
    with (
        plain(server.b) as b,
        b.stream("GET", place, headers=other.headers) as by_session,
        b.stream("GET", place, headers=key.headers) as by_key,
        b.stream("GET", place, headers=ada.headers) as spared,
    ):
        ends = [by_session.iter_lines(), by_key.iter_lines()]
        assert server.a.post("/auth/logout", headers=other.headers).status_code == 204
        gone = server.a.delete(f"/auth/api-keys/{key.id}", headers=ada.headers)
        assert gone.status_code == 204
        # A comment comes every 15 seconds.
        assert [sum(line.startswith(":") for line in lines) for lines in ends] == [0, 0]
        still = spared.iter_lines()
        assert next(line for line in still if line.startswith(":"))


def test_another_users_document_cannot_be_watched(server: Server) -> None:
    ada, bob = server.a.sign_up(), server.b.sign_up()
    document = upload(server.a, ada, "Of Ada only.")
    answer = server.b.get(f"/documents/{document}/events", headers=bob.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
