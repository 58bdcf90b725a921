"""A world in which time stands still until told, and the mails in it."""

import re
from datetime import UTC, datetime, timedelta

from adapters.memory.mail import MemoryMailer
from adapters.memory.world import World
from application.identity.sessions import Credentials, LogIn
from application.identity.users import RegisterUser, Registration
from application.mail.ports import Mailer
from application.shared.actor import EVERYTHING_OWN, Actor, Client
from application.shared.ports import Clock
from domain.identity.audit import Entry
from domain.identity.session import Session
from domain.identity.user import User
from domain.mail.letter import Mail

ADDRESS, PASSWORD = "ada@example.org", "correct horse battery"


class SetClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_(self, **time: float) -> None:
        self.time += timedelta(**time)


class Flows:
    """Ada has an account and two sessions; what she was sent so far is read."""

    def __init__(self) -> None:
        self.world, self.clock = World(), SetClock()
        self.world._kept[Clock] = self.clock  # the one adapter that tests set
        mailer = self.world.get(Mailer)
        assert isinstance(mailer, MemoryMailer)
        self.mails: list[Mail] = mailer.sent

    async def registered(self, email: str = ADDRESS) -> None:
        await self.world.get(RegisterUser)(Registration(email, PASSWORD))
        await self.world.drain()

    async def signed_in(self, password: str = PASSWORD, email: str = ADDRESS) -> Actor:
        login = await self.world.get(LogIn)(Credentials(email, password), Client())
        session = max(self.world.store.table(Session).values(), key=lambda s: s.id)
        return Actor(login.user.id, EVERYTHING_OWN, session.id, "request-1")

    def user(self) -> User:
        (user,) = (u for u in self.world.store.table(User).values() if "eve" not in u.email)
        return user

    def live(self) -> set[object]:
        sessions = self.world.store.table(Session).values()
        return {session.id for session in sessions if session.revoked_at is None}

    def audited(self) -> list[tuple[str, str]]:
        """Actions and outcomes, besides signing in, or trying to."""
        events = [entry.event for entry in self.world.store.table(Entry).values()]
        told = [(event.action, str(event.outcome)) for event in events]
        return [one for one in told if one[0] not in ("session.opened", "login.denied")]

    async def token(self) -> str:
        """That of the newest mail."""
        await self.world.drain()
        return token_of(self.mails[-1])


def token_of(mail: Mail) -> str:
    found = re.search(r"^http://localhost:8000/[a-z-]+#token=([\w-]{43})$", mail.letter.text, re.M)
    assert found, mail.letter.text
    return found[1]
