"""What every Sessions adapter promises."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.ports import SessionReader, Sessions, Users
from application.shared.page import PageRequest
from application.shared.ports import Ids
from domain.identity.session import RefreshToken, Session, SessionId, member
from domain.identity.user import User
from domain.shared.errors import NotFound
from domain.shared.ids import UserId
from tests.contract.identity.test_users import a_user

THEN = datetime(2026, 1, 1, tzinfo=UTC)
LATER = THEN + timedelta(hours=1)
KEY = b"k" * 32


async def a_session(world: AsyncContainer, user: User | None = None) -> Session:
    """Live until LATER, its user added with it unless there is one."""
    known, user = user is not None, user or await a_user(world)
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
        if not known:
            await (await request.get(Users)).add(user)
        await (await request.get(Sessions)).add(session)
    return session


async def a_known_user(world: AsyncContainer, email: str = "ada@example.org") -> User:
    user = await a_user(world, email)
    async with world() as request:
        await (await request.get(Users)).add(user)
    return user


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
        assert await sessions.revoke(session.user_id, session.id, THEN, "logout")
        assert not await sessions.revoke(session.user_id, session.id, LATER, "again")

        assert not await sessions.rotate(first, second, THEN, LATER)
        ended = await sessions.get(session.id)
        assert (ended.revoked_at, ended.revoked_reason) == (THEN, "logout")


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
        assert not await sessions.revoke(UserId(uuid4()), session.id, THEN, "theft")
        assert not await sessions.revoke(session.user_id, SessionId(uuid4()), THEN, "theft")
        assert (await sessions.get(session.id)).revoked_at is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"deleted_at": THEN}])
async def test_the_session_of_who_may_not_come_in_is_not_found(
    world: AsyncContainer, change: dict[str, Any]
) -> None:
    user = await a_known_user(world)
    session = await a_session(world, user)
    async with world() as request:
        await (await request.get(Users)).save(replace(user, **change))
        with pytest.raises(NotFound):
            await (await request.get(Sessions)).get(session.id)


async def test_all_sessions_of_a_user_end_but_one(world: AsyncContainer) -> None:
    ada, eve = await a_known_user(world), await a_known_user(world, "eve@example.org")
    first, second, ended = [await a_session(world, ada) for _ in range(3)]
    other = await a_session(world, eve)
    async with world() as request:
        sessions = await request.get(Sessions)
        await sessions.revoke(ada.id, ended.id, THEN, "logout")
        await sessions.revoke_all(ada.id, LATER, "password_changed", but=second.id)

        found = [await sessions.get(s.id) for s in (first, second, ended, other)]
        assert [s.revoked_reason for s in found] == ["password_changed", None, "logout", None]

        await sessions.revoke_all(ada.id, LATER, "logout_all")
        assert (await sessions.get(second.id)).revoked_reason == "logout_all"
        assert (await sessions.get(other.id)).revoked_at is None


async def test_live_sessions_are_listed_newest_first_a_page_at_a_time(
    world: AsyncContainer,
) -> None:
    ada, eve = await a_known_user(world), await a_known_user(world, "eve@example.org")
    first, ended, second, third = [await a_session(world, ada) for _ in range(4)]
    await a_session(world, eve)
    async with world() as request:
        sessions, reader = await request.get(Sessions), await request.get(SessionReader)
        await sessions.revoke(ada.id, ended.id, THEN, "logout")
        used = THEN + timedelta(minutes=1)
        assert await sessions.rotate(*tokens(second)[:2], used, LATER)

        page = await reader.page(ada.id, second.id, THEN, PageRequest(2))
        assert [(v.id, v.current) for v in page.items] == [(third.id, False), (second.id, True)]
        assert [v.last_used_at for v in page.items] == [THEN, used]
        assert page.items[0].user_agent == "curl"

        rest = await reader.page(ada.id, None, THEN, PageRequest(2, page.next))
        assert ([(v.id, v.current) for v in rest.items], rest.next) == ([(first.id, False)], None)

        assert (await reader.page(ada.id, None, LATER, PageRequest())).items == []
