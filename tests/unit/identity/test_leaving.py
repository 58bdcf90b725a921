"""What an account held is gone when it is purged, to the last byte; and never before its time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.memory.store import Store
from adapters.memory.world import World
from application.conversations.asking import AskQuestion
from application.conversations.questions import Question
from application.files.exports import Upload
from application.files.ports import Objects
from application.identity.deletion import DeleteAccount, Farewell, PurgeAccounts
from application.identity.export import ExportAccount
from application.identity.sessions import Credentials, LogIn
from application.identity.users import RegisterUser, Registration
from application.knowledge.documents import UploadDocument
from application.knowledge.metadata import Details
from application.shared.actor import EVERYTHING_OWN, Actor, Client, Scope
from domain.files.file import StoredFile
from domain.identity.audit import Entry
from domain.identity.session import Session
from domain.identity.user import RESTORABLE, User
from domain.shared.errors import Forbidden, NotFound

PASSWORD = "correct horse battery"


@pytest.fixture
def world() -> World:
    return World()


async def a_reader(world: World, email: str) -> Actor:
    """Somebody with a session, a document that was read, and a question that was answered."""
    user = await world.get(RegisterUser)(Registration(email, PASSWORD))
    await world.get(LogIn)(Credentials(email, PASSWORD), Client())
    (session_id,) = (s.id for s in sessions(world.store) if s.user_id == user.id)
    actor = Actor(user.id, EVERYTHING_OWN, session_id)

    async def pieces() -> AsyncIterator[bytes]:
        yield f"Invoices of {email} are kept for ten years.".encode()

    await world.get(UploadDocument)(actor, Upload("policy.md", pieces()), Details())
    await world.get(AskQuestion)(actor, Question("How long are invoices kept?"))
    await world.drain()
    return actor


def sessions(store: Store) -> list[Session]:
    return list(store.table(Session).values())


def traces(world: World, actor: Actor) -> list[str]:
    """The kinds of which there is still something of the actor's."""
    return sorted(
        kind.__name__
        for kind, table in world.store.tables.items()
        if any(getattr(v, "user_id", k[0]) == actor.user_id for k, v in table.items())
    )


async def age(world: World, actor: Actor, by: timedelta) -> None:
    user = world.store.table(User)[actor.user_id, actor.user_id]
    assert user.deleted_at is not None
    user.deleted_at -= by


async def test_a_purge_leaves_no_trace_of_one_and_all_of_others(world: World) -> None:
    ada, bob = await a_reader(world, "ada@example.org"), await a_reader(world, "bob@example.org")
    before = traces(world, bob)
    (key,) = (f.storage_key for f in stored(world) if f.user_id == ada.user_id)
    assert traces(world, ada) == before
    await world.get(DeleteAccount)(ada, Farewell(PASSWORD))

    await age(world, ada, RESTORABLE)
    assert await world.get(PurgeAccounts)() == 1
    await world.drain(twice=True)

    assert traces(world, ada) == []
    assert traces(world, bob) == before
    with pytest.raises(NotFound):
        await anext(world.get(Objects).read(key))
    for file in stored(world):
        assert await anext(world.get(Objects).read(file.storage_key))
    actions = [entry.event.action for entry in world.store.table(Entry).values()]
    assert actions[-2:] == ["account.deleted", "account.purged"]


async def test_an_account_is_not_purged_before_its_time(world: World) -> None:
    ada = await a_reader(world, "ada@example.org")
    before = traces(world, ada)
    assert await world.get(PurgeAccounts)() == 0
    await world.get(DeleteAccount)(ada, Farewell(PASSWORD))
    await age(world, ada, RESTORABLE - timedelta(minutes=1))
    assert await world.get(PurgeAccounts)() == 0
    assert traces(world, ada) == before


async def test_an_export_holds_what_was_uploaded_and_asked(world: World) -> None:
    ada = await a_reader(world, "ada@example.org")
    made = await world.get(ExportAccount)(ada)
    assert [file["original_name"] for file in made.files["stored_files"]] == ["policy.md"]
    assert [one["title"] for one in made.knowledge["documents"]] == ["policy.md"]
    question, answer = made.conversations["messages"]
    assert question["content"] == "How long are invoices kept?"
    assert answer["status"] == "complete"


@pytest.mark.parametrize("missing", sorted(EVERYTHING_OWN))
async def test_a_key_that_does_not_open_all_does_not_take_all(world: World, missing: Scope) -> None:
    ada = await a_reader(world, "ada@example.org")
    with pytest.raises(Forbidden):
        await world.get(ExportAccount)(Actor(ada.user_id, EVERYTHING_OWN - {missing}))


async def test_a_key_does_not_end_an_account(world: World) -> None:
    ada = await a_reader(world, "ada@example.org")
    with pytest.raises(Forbidden):
        await world.get(DeleteAccount)(Actor(ada.user_id, EVERYTHING_OWN), Farewell(PASSWORD))


def stored(world: World) -> list[StoredFile]:
    return list(world.store.table(StoredFile).values())
