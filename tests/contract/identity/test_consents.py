"""What every adapter of Consents promises."""

from dataclasses import replace
from datetime import timedelta

from dishka import AsyncContainer

from application.identity.consents import ConsentView, ListConsents
from application.identity.exports import has_consent
from application.identity.ports import Consents, Users
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.page import PageRequest
from application.shared.ports import Ids
from domain.identity.consent import NOTICES, Action, Consent, ConsentEvent, Purpose
from domain.shared.ids import UserId
from tests.contract.identity.test_users import THEN, a_user


async def somebody(world: AsyncContainer, email: str = "ada@example.org") -> UserId:
    user = await a_user(world, email)
    async with world() as request:
        await (await request.get(Users)).add(user)
    return user.id


async def decide(
    world: AsyncContainer,
    user_id: UserId,
    granted: bool,
    purpose: Purpose = Purpose.MARKETING,
    version: str | None = None,
) -> ConsentEvent:
    """Under the present notice, or one of another version."""
    at = THEN + timedelta(minutes=granted)
    version = version or NOTICES[purpose].version
    consent = Consent(
        user_id=user_id, purpose=purpose, granted=granted, notice_version=version, updated_at=at
    )
    event = ConsentEvent(
        user_id=user_id,
        id=(await world.get(Ids)).next(),
        purpose=purpose,
        action=Action.GRANTED if granted else Action.WITHDRAWN,
        notice_version=version,
        notice_sha256="0" * 64,
        address="203.0.113.7",
        user_agent="curl",
        source="api",
        at=at,
    )
    async with world() as request:
        await (await request.get(Consents)).save(consent, event)
    return event


async def test_nothing_is_decided_at_first(world: AsyncContainer) -> None:
    ada = await somebody(world)
    async with world() as request:
        consents = await request.get(Consents)
        assert await consents.all(ada) == []
        assert await consents.one(ada, Purpose.MARKETING) is None


async def test_the_last_decision_holds_and_all_are_remembered(world: AsyncContainer) -> None:
    ada = await somebody(world)
    first = await decide(world, ada, granted=True)
    second = await decide(world, ada, granted=False)
    async with world() as request:
        consents = await request.get(Consents)
        kept = await consents.one(ada, Purpose.MARKETING)
        assert kept is not None
        assert not kept.granted
        assert await consents.all(ada) == [kept]
        history = await consents.history(ada, PageRequest())
        assert history.items == [second, first]


async def test_purposes_are_decided_one_by_one(world: AsyncContainer) -> None:
    ada = await somebody(world)
    await decide(world, ada, granted=True)
    await decide(world, ada, granted=True, purpose=Purpose.EMAIL_SEND)
    async with world() as request:
        kept = await (await request.get(Consents)).all(ada)
    assert {c.purpose for c in kept} == {Purpose.MARKETING, Purpose.EMAIL_SEND}


async def test_what_was_granted_under_another_notice_is_not_granted_now(
    world: AsyncContainer,
) -> None:
    ada = await somebody(world)
    purpose = Purpose.AI_EXTERNAL_DOCUMENTS
    await decide(world, ada, granted=True, purpose=purpose, version="2026-11")
    async with world() as request:
        consents = await request.get(Consents)
        assert not await has_consent(ada, purpose, consents)
    shown = {one.purpose: one for one in await listed(world, ada)}
    assert not shown[purpose].granted
    assert shown[purpose].notice_version == "2026-11"
    assert shown[purpose].current_notice_version == NOTICES[purpose].version

    await decide(world, ada, granted=True, purpose=purpose)
    async with world() as request:
        assert await has_consent(ada, purpose, await request.get(Consents))


async def listed(world: AsyncContainer, user_id: UserId) -> list[ConsentView]:
    async with world() as request:
        return await (await request.get(ListConsents))(Actor(user_id, EVERYTHING_OWN))


async def test_the_history_comes_in_pages(world: AsyncContainer) -> None:
    ada = await somebody(world)
    events = [await decide(world, ada, granted=bool(n % 2)) for n in range(5)]
    async with world() as request:
        consents = await request.get(Consents)
        first = await consents.history(ada, PageRequest(size=3))
        rest = await consents.history(ada, PageRequest(size=3, after=first.next))
    assert first.items + rest.items == events[::-1]
    assert rest.next is None


async def test_nobody_sees_anothers_decisions(world: AsyncContainer) -> None:
    ada, bob = await somebody(world), await somebody(world, "bob@example.org")
    event = await decide(world, ada, granted=True)
    await decide(world, bob, granted=False)
    async with world() as request:
        consents = await request.get(Consents)
        (mine,) = await consents.all(ada)
        assert mine.granted
        assert (await consents.history(ada, PageRequest())).items == [replace(event)]
