"""What every Sessions adapter promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.ports import Sessions, Users
from application.shared.ports import Ids
from domain.identity.session import RefreshToken, Session, SessionId, member
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from tests.contract.identity.test_users import a_user

THEN = datetime(2026, 1, 1, tzinfo=UTC)
LATER = THEN + timedelta(hours=1)
KEY = b"k" * 32


async def a_session(world: AsyncContainer) -> Session:
    user = await a_user(world)
    session_id = SessionId((await world.get(Ids)).next())
    session = Session(
        id=session_id,
        user_id=user.id,
        family_key=KEY,
        counter=0,
        token_hash=member(session_id, KEY, 0).hash,
        created_at=THEN,
        idle_until=LATER,
        expires_at=LATER,
        user_agent="curl",
    )
    async with world() as request:
        await (await request.get(Users)).add(user)
        await (await request.get(Sessions)).add(session)
    return session


def tokens(session: Session) -> tuple[RefreshToken, RefreshToken, RefreshToken]:
    first, second, third = (member(session.id, KEY, number) for number in range(3))
    return first, second, third


async def test_an_added_session_is_found(world: AsyncContainer) -> None:
    session = await a_session(world)
    async with world() as request:
        sessions = await request.get(Sessions)
        assert await sessions.get(session.id) == session
        with pytest.raises(NotFound):
            await sessions.get(SessionId(uuid4()))


async def test_only_the_newest_token_rotates(world: AsyncContainer) -> None:
    session = await a_session(world)
    first, second, third = tokens(session)
    async with world() as request:
        sessions = await request.get(Sessions)
        assert await sessions.rotate(first, second, THEN, LATER)
        assert not await sessions.rotate(first, third, THEN, LATER)
        assert await sessions.rotate(second, third, THEN, LATER)

        now = await sessions.get(session.id)
        assert (now.counter, now.token_hash, now.parent_hash) == (2, third.hash, second.hash)


async def test_an_idle_session_does_not_rotate(world: AsyncContainer) -> None:
    session = await a_session(world)
    first, second, _ = tokens(session)
    async with world() as request:
        sessions = await request.get(Sessions)
        assert not await sessions.rotate(first, second, LATER, LATER + timedelta(days=1))


async def test_a_revoked_session_does_not_rotate(world: AsyncContainer) -> None:
    session = await a_session(world)
    first, second, _ = tokens(session)
    async with world() as request:
        sessions = await request.get(Sessions)
        await sessions.revoke(session.user_id, session.id, THEN, "logout")
        await sessions.revoke(session.user_id, session.id, LATER, "again")

        assert not await sessions.rotate(first, second, THEN, LATER)
        ended = await sessions.get(session.id)
        assert (ended.revoked_at, ended.revoked_reason) == (THEN, "logout")


async def test_all_sessions_of_a_user_end_but_one(world: AsyncContainer) -> None:
    kept = await a_session(world)
    other, ended = [
        replace(kept, id=SessionId((await world.get(Ids)).next()), token_hash=bytes([n]) * 32)
        for n in range(2)
    ]
    async with world() as request:
        sessions = await request.get(Sessions)
        await sessions.add(other)
        await sessions.add(ended)
        await sessions.revoke(kept.user_id, ended.id, THEN, "logout")

        await sessions.revoke_all(kept.user_id, LATER, "password_changed", kept.id)

        assert await sessions.get(kept.id) == kept
        now = await sessions.get(other.id)
        assert (now.revoked_at, now.revoked_reason) == (LATER, "password_changed")
        assert (await sessions.get(ended.id)).revoked_reason == "logout"

        await sessions.revoke_all(kept.user_id, LATER, "password_reset")
        assert (await sessions.get(kept.id)).revoked_reason == "password_reset"


async def test_another_users_sessions_stay(world: AsyncContainer) -> None:
    session = await a_session(world)
    async with world() as request:
        sessions = await request.get(Sessions)
        await sessions.revoke_all(UserId(uuid4()), LATER, "password_reset")
        assert await sessions.get(session.id) == session


async def test_only_its_owner_revokes_a_session(world: AsyncContainer) -> None:
    session = await a_session(world)
    async with world() as request:
        sessions = await request.get(Sessions)
        await sessions.revoke(UserId(uuid4()), session.id, THEN, "theft")
        assert (await sessions.get(session.id)).revoked_at is None
