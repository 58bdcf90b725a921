"""What every OutgoingMails adapter promises, and how letters wait there."""

from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.ports import Users
from application.mail.exports import Letter, Post
from application.mail.ports import OutgoingMails
from application.shared.ports import Ids, Transaction
from domain.mail.letter import LetterId, OutgoingMail
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from tests.contract.identity.test_users import THEN, a_user


async def an_owner(world: AsyncContainer) -> UserId:
    user = await a_user(world)
    async with world() as request:
        await (await request.get(Users)).add(user)
    return user.id


async def a_mail(world: AsyncContainer) -> OutgoingMail:
    letter_id = LetterId((await world.get(Ids)).next())
    owner = await an_owner(world)
    mail = OutgoingMail(id=letter_id, user_id=owner, kind="test", letter=b"sealed", created_at=THEN)
    async with world() as request:
        await (await request.get(OutgoingMails)).add(mail)
    return mail


async def test_an_added_mail_is_found_until_it_is_removed(world: AsyncContainer) -> None:
    mail = await a_mail(world)
    async with world() as request:
        mails = await request.get(OutgoingMails)
        assert await mails.get(mail.user_id, mail.id) == mail
        await mails.remove(mail.user_id, mail.id)
        await mails.remove(mail.user_id, mail.id)
        with pytest.raises(NotFound):
            await mails.get(mail.user_id, mail.id)


async def test_nobody_else_finds_or_removes_it(world: AsyncContainer) -> None:
    mail, eve = await a_mail(world), UserId(uuid4())
    async with world() as request:
        mails = await request.get(OutgoingMails)
        with pytest.raises(NotFound):
            await mails.get(eve, mail.id)
        await mails.remove(eve, mail.id)
        assert await mails.get(mail.user_id, mail.id) == mail


async def test_a_letter_goes_with_the_transaction_that_decided_it(world: AsyncContainer) -> None:
    owner = await an_owner(world)
    async with world() as request:
        post, transaction = await request.get(Post), await request.get(Transaction)
        with pytest.raises(RuntimeError, match="changed our mind"):
            async with transaction:
                await post.send(owner, "ada@example.org", Letter("test", "Hello", "text"))
                raise RuntimeError("changed our mind")
        with pytest.raises(RuntimeError, match="transaction"):
            await post.send(owner, "ada@example.org", Letter("test", "Hello", "text"))
