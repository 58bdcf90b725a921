"""kill -9 of every process at every step: nothing is lost, nothing is done twice."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from threading import Event

import pytest

from domain.knowledge.document import Step
from tests.e2e.conftest import Server
from tests.e2e.crashes.conftest import ANSWER, MOMENTS, NEW, NEW_ANSWER, Made, System, User
from tests.running import children, until


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_worker_killed_in_every_step_leaves_whole_documents(
    system: System, undisturbed: Made, moment: str
) -> None:
    """Five documents, each held in another step; then one kill."""
    users = {step: User(system.port, f"{step}-{moment}".replace(" ", "-")) for step in Step}
    for step, user in users.items():
        system.hold(user.id, MOMENTS[moment][step])
    documents = {step: user.upload() for step, user in users.items()}
    system.until_asleep(len(Step))
    system.kill_and_restart_worker()

    for step, user in users.items():
        with closing(user):
            user.until(documents[step], "completed")
            assert user.passages(documents[step]) == undisturbed.passages
            assert system.made(user) == undisturbed.rows
            assert ANSWER in user.ask()["content"].replace("\n", " ")
    system.until_idle()
    assert not system.sql(
        "SELECT FROM jobs.starts WHERE job_id NOT IN (SELECT id FROM jobs.pgqueuer)"
    )


@pytest.mark.parametrize("moment", MOMENTS)
def test_while_the_worker_of_a_new_version_is_killed_the_old_one_is_found_and_is_whole(
    system: System, undisturbed_new: Made, moment: str
) -> None:
    users = {step: User(system.port, f"new-{step}-{moment}".replace(" ", "-")) for step in Step}
    documents = {step: user.upload() for step, user in users.items()}
    for step, user in users.items():
        user.until(documents[step], "completed")
    old = {step: user.found(documents[step]) for step, user in users.items()}
    seen: dict[Step, list[frozenset[str]]] = {step: [] for step in Step}
    with watching(lambda step: seen[step].append(users[step].found(documents[step]))):
        for step, user in users.items():
            system.hold(user.id, MOMENTS[moment][step])
            user.replace(documents[step], NEW)
        system.until_asleep(len(Step))
        system.kill_and_restart_worker()
        for user in users.values():
            until(lambda user=user: system.made(user) == undisturbed_new.rows)  # type: ignore[misc]

    for step, user in users.items():
        with closing(user):
            document = documents[step]
            assert user.passages(document) == undisturbed_new.passages
            assert [found for found, _ in groupby(seen[step])] == [
                old[step],
                user.found(document),
            ]
            assert NEW_ANSWER in user.ask()["content"].replace("\n", " ")
    system.until_idle()


@contextmanager
def watching(look: Callable[[Step], None]) -> Iterator[None]:
    """Look at every step's document, again and again, and once more in the end."""
    over = Event()

    def watch() -> None:
        while True:
            last = over.is_set()
            for step in Step:
                look(step)
            if last:
                return

    with ThreadPoolExecutor() as threads:
        watched = threads.submit(watch)
        try:
            yield
        finally:
            over.set()
    watched.result()


def test_a_killed_worker_takes_the_reader_of_its_document_along(system: System) -> None:
    with closing(User(system.port, "reader")) as user:
        document = user.upload()
        (reader,) = until(lambda: children(system.worker.process.pid))
        system.worker.kill()
        until(lambda: not Path(f"/proc/{reader}").exists())
        system.restart_worker()
        user.until(document, "completed")
    assert not list(system.temporary.iterdir())


def test_a_question_whose_worker_dies_is_answered_once_to_who_still_waits(system: System) -> None:
    with closing(User(system.port, "asker")) as user, ThreadPoolExecutor() as threads:
        user.until(user.upload(), "completed")
        system.hold(user.id, "messages")
        asked = threads.submit(user.ask)
        system.until_asleep(1)
        system.kill_and_restart_worker()
        message = asked.result()
        assert ANSWER in message["content"].replace("\n", " ")
        assert user.get(f"/messages/{message['id']}").json() == message
        said = system.sql("SELECT role FROM messages WHERE user_id = $1 ORDER BY id", user.id)
        assert [one["role"] for one in said] == ["user", "assistant"]


def test_a_job_whose_starts_cannot_be_counted_is_tried_again(system: System) -> None:
    """Neither held for ever nor counted: the database was away for a moment."""
    tried_again = "SELECT FROM jobs.pgqueuer WHERE attempts > 0 AND status = 'queued'"
    with closing(User(system.port, "uncounted")) as user:
        system.sql("ALTER TABLE jobs.starts RENAME TO elsewhere")
        document = user.upload()
        until(lambda: system.sql(tried_again))
        system.sql("ALTER TABLE jobs.elsewhere RENAME TO starts")
        user.until(document, "completed")


def test_an_upload_whose_server_dies_half_way_leaves_nothing(system: System) -> None:
    with closing(User(system.port, "half")) as user:
        before = system.objects
        head = (
            "POST /api/v1/documents/upload HTTP/1.1\r\nhost: localhost\r\n"
            f"authorization: {user.headers['authorization']}\r\n"
            "content-type: multipart/form-data; boundary=edge\r\ncontent-length: 40000000\r\n\r\n"
            '--edge\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        )
        with socket.create_connection(("127.0.0.1", system.port)) as connection:
            connection.sendall(head.encode() + b"half a sentence " * 500_000)
            system.api.kill()
        system.restart_api()
        assert user.get("/documents").json()["items"] == []
        assert system.objects == before
        assert not list(system.temporary.iterdir())
        user.until(user.upload(), "completed")


def test_everything_comes_back_when_postgres_dies_while_a_document_is_read(
    server: Server, undisturbed: Made
) -> None:
    with closing(User(server.port, "ada")) as user:
        document = user.upload()
        user.until(document, "embed", "publish", "completed")
        postmaster = (server.data / "pg" / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(postmaster), signal.SIGKILL)
        user.until(document, "completed")
        assert user.passages(document) == undisturbed.passages
        assert len(user.get("/documents").json()["items"]) == 1
        assert ANSWER in user.ask()["content"].replace("\n", " ")
    server.stop()
