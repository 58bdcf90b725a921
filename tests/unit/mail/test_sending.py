from uuid import uuid4

import pytest

from adapters.memory.mail import MemoryMailer
from adapters.memory.world import World
from application.mail.exports import Letter, Post
from application.mail.ports import Mailer
from application.mail.sending import ForgetLetter, SendLetter
from domain.mail.events import LetterWritten
from domain.mail.letter import Mail, OutgoingMail
from domain.shared.errors import CannotDecrypt
from domain.shared.ids import UserId

ADA = UserId(uuid4())
HELLO = Letter("greeting", "Hello", "Grüße, Ada")


@pytest.fixture
def world() -> World:
    return World()


async def posted(world: World) -> LetterWritten:
    post = world.get(Post)
    async with post.outbox:  # type: ignore[attr-defined]  # in memory it is the transaction
        await post.send(ADA, "ada@example.org", HELLO)
    event = world.store.events[-1]
    assert isinstance(event, LetterWritten)
    return event


def sent(world: World) -> list[Mail]:
    mailer = world.get(Mailer)
    assert isinstance(mailer, MemoryMailer)
    return mailer.sent


async def test_a_letter_is_sent_once_and_forgotten(world: World) -> None:
    await posted(world)
    await world.drain(twice=True)
    (mail,) = sent(world)
    assert (mail.to, mail.letter) == ("ada@example.org", HELLO)
    assert not world.store.table(OutgoingMail)


async def test_a_letter_that_could_not_be_sent_waits(world: World) -> None:
    event = await posted(world)

    class Down:
        async def send(self, mail: Mail) -> None:
            raise OSError("no route to host")

    send = world.get(SendLetter)
    with pytest.raises(OSError, match="no route"):
        await SendLetter(send.mails, Down(), send.crypto)(event)
    await send(event)
    assert len(sent(world)) == 1


async def test_a_letter_that_cannot_be_sent_leaves_nothing(world: World) -> None:
    event = await posted(world)
    await world.get(ForgetLetter)(event)
    await world.drain()
    assert not world.store.table(OutgoingMail)
    assert not sent(world)


async def test_a_letter_opens_in_its_own_row_only(world: World) -> None:
    first, second = await posted(world), await posted(world)
    rows = world.store.table(OutgoingMail)
    kept, other = rows[ADA, first.letter_id], rows[ADA, second.letter_id]
    rows[ADA, first.letter_id] = OutgoingMail(
        id=kept.id, user_id=ADA, kind=kept.kind, letter=other.letter, created_at=kept.created_at
    )
    with pytest.raises(CannotDecrypt):
        await world.get(SendLetter)(first)
