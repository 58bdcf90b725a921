"""What is deleted or superseded goes whole, whoever dies on the way and whatever else is done."""

from contextlib import closing
from typing import Any

import pytest

from domain.knowledge.document import Step
from tests.e2e.crashes.conftest import MOMENTS, NEW, NOTHING, OLD, QUESTION, Made, System, User
from tests.running import until

PLACES = {
    "delete": ["documents gone", "document_versions gone", "PurgeDocument", "RemoveBytes"],
    "replace": ["document_versions gone", "PurgeVersions", "RemoveBytes"],
}


def test_a_killed_purge_is_done_in_the_end(system: System, undisturbed_new: Made) -> None:
    """Of documents that were deleted and of versions that were superseded, each held elsewhere."""
    users = {
        (action, place): User(system.port, f"{action}-{place}".replace(" ", "-"))
        for action, places in PLACES.items()
        for place in places
    }
    documents = {held: user.upload() for held, user in users.items()}
    for held, user in users.items():
        user.until(documents[held], "completed")
    for (action, place), user in users.items():
        system.hold(user.id, place)
        if action == "delete":
            assert user.delete(f"/documents/{documents[action, place]}").status_code == 204
        else:
            user.replace(documents[action, place], NEW)
    system.until_asleep(len(users))
    system.kill_and_restart_worker()

    system.until_idle()
    for (action, _), user in users.items():
        with closing(user):
            made = dict(system.made(user))
            assert made == (NOTHING if action == "delete" else dict(undisturbed_new.rows))


@pytest.mark.parametrize("moment", ["in its midst", "before its end is kept"])
def test_a_document_that_is_deleted_during_any_step_is_gone(system: System, moment: str) -> None:
    """The step ends after that, and finds it so."""
    users = {step: User(system.port, f"gone-{step}-{moment}".replace(" ", "-")) for step in Step}
    for step, user in users.items():
        system.hold(user.id, MOMENTS[moment][step])
    documents = {step: user.upload() for step, user in users.items()}
    system.until_asleep(len(Step))
    # Publishing holds the document: whoever deletes it then waits for the end of that.
    waiting = users.pop(Step.PUBLISH), documents.pop(Step.PUBLISH)
    for step, user in users.items():
        assert user.delete(f"/documents/{documents[step]}").status_code == 204
        found = user.post("/search", json={"query": QUESTION, "mode": "lexical"})
        assert found.json()["items"] == []
    system.let_go()
    user, document = waiting
    user.until(document, "completed")
    assert user.delete(f"/documents/{document}").status_code == 204

    system.until_idle()
    for user in (*users.values(), waiting[0]):
        with closing(user):
            assert dict(system.made(user)) == NOTHING


def test_many_documents_are_deleted_and_read_anew_while_a_worker_reads_them(
    system: System, undisturbed: Made
) -> None:
    with closing(User(system.port, "batches")) as user:
        documents = [user.upload(OLD + b"\nCopy %d.\n" % number) for number in range(8)]
        kept, gone = documents[::2], documents[1::2]
        for _ in range(2):
            assert change(user, "reprocess", kept) == len(kept)
        assert change(user, "delete", gone) == len(gone)
        assert change(user, "reprocess", documents) == len(kept)
        until(lambda: user.get(f"/documents/{kept[-1]}/status").json()["version"] == 4)
        for document in kept:
            user.until(document, "completed")

        system.until_idle()
        made = dict(system.made(user))
        assert (made["documents"], made["versions"], made["texts"], made["files"]) == (4, 4, 4, 4)
        assert made["chunks"] == made["vectors"]
        for document in kept:
            passages = user.passages(document)
            assert [one["ordinal"] for one in passages] == list(range(len(undisturbed.passages)))
            assert passages[:-1] == undisturbed.passages[:-1]
            assert user.found(document)


def change(user: User, operation: str, documents: list[str]) -> int:
    """How many of them it was done to."""
    answer = user.post("/documents/batch", json={"operation": operation, "ids": documents})
    assert answer.status_code == 200, answer.text
    done: int = answer.json()["done"]
    return done


def test_a_step_that_kills_its_worker_five_times_fails_and_can_be_tried_again(
    system: System, undisturbed: Made
) -> None:
    with closing(User(system.port, "deadly")) as user:
        system.hold(user.id, "chunk_vectors")
        document = user.upload()
        for _ in range(5):
            system.until_asleep(1)
            system.kill_worker()
            system.restart_worker()
        until(lambda: status(user, document)["processing_status"] == "failed")
        assert status(user, document)["processing_error"]["code"] == "internal"
        assert user.found(document) == frozenset()

        system.let_go()
        assert user.post(f"/documents/{document}/retry").status_code == 202
        user.until(document, "completed")
        assert user.passages(document) == undisturbed.passages
        assert system.made(user) == undisturbed.rows
    system.until_idle()


def status(user: User, document: str) -> dict[str, Any]:
    shown: dict[str, Any] = user.get(f"/documents/{document}/status").json()
    return shown
