"""Which refresh tokens open the door, whoever presents them, in whatever order."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.world import World
from application.identity.sessions import Credentials, LogIn, Refresh, RefreshSession
from application.identity.users import RegisterUser, Registration
from application.shared.actor import Client
from application.shared.ports import Clock
from domain.identity.audit import Entry, Outcome
from domain.identity.session import InvalidRefreshToken, Session, parse_refresh_token
from domain.identity.user import User
from domain.shared.ids import UserId
from tests.unit.identity.clock import SetClock

PASSWORD = "correct horse battery"
GRACE = 10


@dataclass
class Family:
    """A session, and every refresh token it ever gave: the last is the newest."""

    world: World
    clock: SetClock
    given: list[str] = field(default_factory=list)

    async def refresh(self, token: str) -> bool:
        """Whether it opened the door; a token not seen before is remembered."""
        try:
            pair = await self.world.get(RefreshSession)(Refresh(token), Client())
        except InvalidRefreshToken:
            return False
        if pair.refresh_token not in self.given:
            self.given.append(pair.refresh_token)
        return True

    @property
    def session(self) -> Session:
        (session,) = self.world.store.table(Session).values()
        return session

    @property
    def user(self) -> User:
        (user,) = self.world.store.table(User).values()
        return user

    def audited(self) -> list[str]:
        entries = self.world.store.table(Entry).values()
        return [e.event.action for e in entries if e.event.outcome is Outcome.DENIED]


async def a_family() -> Family:
    clock = SetClock()
    world = World({Clock: clock})
    await world.get(RegisterUser)(Registration("ada@example.org", PASSWORD))
    login = await world.get(LogIn)(Credentials("ada@example.org", PASSWORD), Client())
    return Family(world, clock, [login.refresh_token])


def forged(token: str) -> str:
    parsed = parse_refresh_token(token)
    return str(replace(parsed, secret=bytes(byte ^ 1 for byte in parsed.secret)))


async def test_the_token_before_the_last_gives_the_same_successor_for_ten_seconds() -> None:
    family = await a_family()
    await family.refresh(family.given[0])
    family.clock.move(GRACE)
    assert await family.refresh(family.given[0])
    assert len(family.given) == 2
    assert family.audited() == []


@pytest.mark.parametrize(("exchanges", "seconds"), [(1, GRACE + 1), (2, 0), (5, 3600)])
async def test_an_older_token_ends_the_session(exchanges: int, seconds: int) -> None:
    family = await a_family()
    for _ in range(exchanges):
        assert await family.refresh(family.given[-1])
    family.clock.move(seconds)

    assert not await family.refresh(family.given[0])

    assert not await family.refresh(family.given[-1])
    assert family.session.revoked_reason == "reuse"
    assert family.audited() == ["session.reuse_detected"]


async def test_a_forged_token_ends_nothing() -> None:
    family = await a_family()
    for _ in range(3):
        await family.refresh(family.given[-1])
        family.clock.move(GRACE + 1)
    for token in family.given:
        assert not await family.refresh(forged(token))
    highest = replace(parse_refresh_token(family.given[0]), counter=2**32 - 1)
    assert not await family.refresh(str(highest))
    assert family.audited() == []
    assert await family.refresh(family.given[-1])


async def test_an_inactive_or_deleted_user_does_not_refresh() -> None:
    for change in ({"is_active": False}, {"deleted_at": SetClock().now()}):
        family = await a_family()
        await family.refresh(family.given[0])
        user = replace(family.user, **change)
        family.world.store.table(User)[UserId(user.id), user.id] = user
        for token in family.given:
            assert not await family.refresh(token)
        assert family.session.revoked_at is None


async def test_an_idle_session_is_over_and_no_theft() -> None:
    family = await a_family()
    await family.refresh(family.given[0])
    family.clock.move(8 * 24 * 3600)
    for token in family.given:
        assert not await family.refresh(token)
    assert family.audited() == []


steps = st.lists(
    st.tuples(st.integers(0, 30), st.booleans(), st.sampled_from([0, 1, 9, 10, 11, 60])),
    max_size=15,
)


@given(steps)
def test_in_any_order_only_the_newest_line_lives(steps: list[tuple[int, bool, int]]) -> None:
    asyncio.run(_play(steps))


async def _play(steps: list[tuple[int, bool, int]]) -> None:
    """Against a model of what ought to happen: `alive`, and when the newest was made."""
    family = await a_family()
    alive, exchanged_at = True, None
    for back, genuine, seconds in steps:
        family.clock.move(seconds)
        now, newest = family.clock.now(), len(family.given) - 1
        number = max(0, newest - back)
        token = family.given[number]
        opened = await family.refresh(token if genuine else forged(token))
        in_time = exchanged_at is not None and (now - exchanged_at).total_seconds() <= GRACE
        again = number == newest - 1 and in_time
        assert opened == (alive and genuine and (number == newest or again))
        if opened and number == newest:
            exchanged_at = now
        if genuine and number < newest and not again:
            alive = False
        # Whatever was presented, one line at most goes on.
        assert len(family.given) == family.session.counter + 1
        assert (family.session.revoked_at is None) == alive
    assert family.audited() == ([] if alive else ["session.reuse_detected"])
