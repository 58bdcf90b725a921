"""What identity promises when many come at the same moment, on Postgres."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from dishka import AsyncContainer, Provider, Scope

from adapters.memory.identity.security import PlainPasswords
from application.identity.devices import EndSession
from application.identity.ports import LoginFailures, Passwords, Sessions
from application.identity.registration import SignUp
from application.identity.sessions import Credentials, LogIn, Refresh, RefreshSession
from application.identity.users import Registration
from application.identity.views import Login, TokenPair, UserView
from application.shared.actor import Actor, Client
from application.shared.ports import Clock
from domain.identity.login_failures import AccountLocked, identifier
from domain.identity.session import InvalidRefreshToken, SessionId, parse_refresh_token
from domain.identity.user import EmailTaken, InvalidCredentials, PasswordHash
from entrypoints.container import production
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings
from tests.unit.identity.clock import SetClock

ADA = Credentials("ada@example.org", "correct horse battery")
NOBODY = Client()


class WaitingPasswords(PlainPasswords):
    """Verifies nothing before `all_here` have come: nobody is refused before the others count."""

    def __init__(self) -> None:
        self.all_here = asyncio.Barrier(1)

    async def verify(self, typed: str, against: PasswordHash | None) -> bool:
        await self.all_here.wait()
        return await super().verify(typed, against)


class Meeting:
    """An API process, with a clock and passwords that the test holds."""

    def __init__(self, database: str, settings: Settings) -> None:
        self.clock, self.passwords = SetClock(), WaitingPasswords()
        ours = Provider(scope=Scope.APP)
        ours.provide(lambda: self.clock, provides=Clock)
        ours.provide(lambda: self.passwords, provides=Passwords)
        settings = msgspec.structs.replace(settings, database_url=database, db_pool_size=8)
        self.container: AsyncContainer = production(settings, OfRequest(), ours)

    async def register(self) -> UserView | None:
        async with self.container() as request:
            sign_up = await request.get(SignUp)
            return await sign_up(Registration(ADA.email, ADA.password), NOBODY)

    async def log_in(self, password: str = ADA.password) -> Login:
        async with self.container() as request:
            log_in = await request.get(LogIn)
            return await log_in(Credentials(ADA.email, password), NOBODY)

    async def refresh(self, token: str) -> TokenPair:
        async with self.container() as request:
            return await (await request.get(RefreshSession))(Refresh(token), NOBODY)

    async def log_out(self, login: Login) -> None:
        session_id = parse_refresh_token(login.refresh_token).session_id
        actor = Actor(login.user.id, session_id=session_id)
        async with self.container() as request:
            await (await request.get(EndSession))(actor, SessionId(session_id))


@pytest.fixture
async def meeting(database: str, settings: Settings) -> AsyncIterator[Meeting]:
    meeting = Meeting(database, settings)
    yield meeting
    await meeting.container.close()


async def outcomes(*calls: Awaitable[object]) -> list[type]:
    return [type(answer) for answer in await asyncio.gather(*calls, return_exceptions=True)]


async def audited(database: str) -> list[str]:
    connection = await asyncpg.connect(database, ssl=False)
    try:
        rows = await connection.fetch("SELECT action FROM audit_events ORDER BY number")
        return [row["action"] for row in rows]
    finally:
        await connection.close()


async def test_of_fifty_who_register_an_address_one_gets_it(meeting: Meeting) -> None:
    found = await outcomes(*(meeting.register() for _ in range(50)))
    assert sorted(kind.__name__ for kind in found) == ["EmailTaken"] * 49 + ["UserView"]
    assert EmailTaken in found


async def test_fifty_tabs_that_refresh_at_once_share_one_successor(meeting: Meeting) -> None:
    await meeting.register()
    token = (await meeting.log_in()).refresh_token
    for _ in range(5):
        pairs = await asyncio.gather(*(meeting.refresh(token) for _ in range(50)))
        (token,) = {pair.refresh_token for pair in pairs}
        meeting.clock.move(60)


async def test_fifty_who_reuse_a_token_end_the_session_once(
    meeting: Meeting, database: str
) -> None:
    await meeting.register()
    first = (await meeting.log_in()).refresh_token
    second = (await meeting.refresh(first)).refresh_token
    third = (await meeting.refresh(second)).refresh_token

    found = await outcomes(*(meeting.refresh(first) for _ in range(50)))

    assert set(found) == {InvalidRefreshToken}
    assert await outcomes(meeting.refresh(third), meeting.refresh(second)) == [
        InvalidRefreshToken,
        InvalidRefreshToken,
    ]
    assert await audited(database) == ["session.opened", "session.reuse_detected"]
    async with meeting.container() as request:
        session = await (await request.get(Sessions)).get(parse_refresh_token(first).session_id)
        assert session.revoked_reason == "reuse"


async def test_a_refresh_that_races_a_logout_revives_nothing(meeting: Meeting) -> None:
    await meeting.register()
    for _ in range(10):
        login = await meeting.log_in()
        answers = await asyncio.gather(
            *(meeting.refresh(login.refresh_token) for _ in range(4)),
            meeting.log_out(login),
            *(meeting.refresh(login.refresh_token) for _ in range(4)),
            return_exceptions=True,
        )
        given = {a.refresh_token for a in answers if isinstance(a, TokenPair)}
        for token in {login.refresh_token, *given}:
            with pytest.raises(InvalidRefreshToken):
                await meeting.refresh(token)


async def test_of_two_hundred_wrong_passwords_at_once_five_are_looked_at(
    meeting: Meeting, database: str, settings: Settings
) -> None:
    await meeting.register()
    meeting.passwords.all_here = asyncio.Barrier(200)

    found = await outcomes(*(meeting.log_in("wrong") for _ in range(200)))

    assert (found.count(InvalidCredentials), found.count(AccountLocked)) == (5, 195)
    assert await audited(database) == ["login.denied"] * 4 + ["login.locked"]

    await meeting.container.close()
    again = Meeting(database, settings)  # the process was restarted
    async with again.container() as request:
        failures = await (await request.get(LoginFailures)).get(identifier(ADA.email))
        assert failures is not None
        assert failures.count == 5
        assert failures.locked_until == again.clock.now() + timedelta(seconds=2)
    with pytest.raises(AccountLocked):
        await again.log_in()
    await again.container.close()


async def test_failures_survive_a_crash_of_the_database(database: str) -> None:
    connection = await asyncpg.connect(database, ssl=False)
    kinds = await connection.fetch(
        "SELECT relname, relpersistence FROM pg_class WHERE relname IN ('login_failures', 'audit_events')"
    )
    await connection.close()
    assert {row["relpersistence"] for row in kinds} == {b"p"}  # permanent: in the log
