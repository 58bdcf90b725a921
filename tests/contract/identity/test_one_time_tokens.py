"""What every OneTimeTokens adapter promises, and that of many who use one at once one succeeds."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from dishka import AsyncContainer

from application.identity.emails import ConfirmEmailChange, EmailProof, VerifyEmail
from application.identity.links import Links
from application.identity.passwords import PasswordReset, ResetPassword
from application.identity.ports import OneTimeTokens, Sessions, Users
from application.shared.actor import Client
from application.shared.ports import Ids, Transaction
from domain.identity.one_time_token import (
    InvalidToken,
    OneTimeToken,
    OneTimeTokenId,
    Purpose,
    token_hash,
)
from domain.identity.session import SessionId
from domain.identity.user import EmailTaken, User, email
from entrypoints.settings import Settings
from tests.contract.identity.test_sessions import a_session
from tests.contract.identity.test_users import a_user

THEN = datetime(2026, 1, 1, tzinfo=UTC)
LATER = THEN + timedelta(hours=1)
NEW = "a new and better password"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, hash_queue_ms=60_000)  # twenty hashes, one after another


async def a_token(
    world: AsyncContainer, purpose: Purpose = Purpose.PASSWORD_RESET, text: str = "x"
) -> OneTimeToken:
    token_id = OneTimeTokenId((await world.get(Ids)).next())
    return OneTimeToken(
        id=token_id,
        user_id=None,
        purpose=purpose,
        hash=token_hash(text),
        created_at=THEN,
        expires_at=LATER,
    )


async def kept(world: AsyncContainer, *tokens: OneTimeToken) -> None:
    async with world() as request:
        for token in tokens:
            await (await request.get(OneTimeTokens)).add(token)


async def test_a_token_is_found_and_taken_once(world: AsyncContainer) -> None:
    token = await a_token(world)
    await kept(world, token)
    async with world() as request:
        tokens = await request.get(OneTimeTokens)
        assert await tokens.find(token.purpose, token.hash, THEN) == token
        taken = await tokens.take(token.purpose, token.hash, THEN)
        assert taken == replace(token, used_at=THEN)
        for use in (tokens.take, tokens.find):
            with pytest.raises(InvalidToken):
                await use(token.purpose, token.hash, THEN)


@pytest.mark.parametrize(("made_for", "used_for"), [*permutations(Purpose, 2)])
async def test_a_token_opens_no_door_but_its_own(
    world: AsyncContainer, made_for: Purpose, used_for: Purpose
) -> None:
    token = await a_token(world, made_for)
    await kept(world, token)
    async with world() as request:
        tokens = await request.get(OneTimeTokens)
        for use in (tokens.take, tokens.find):
            with pytest.raises(InvalidToken):
                await use(used_for, token.hash, THEN)
        assert await tokens.take(made_for, token.hash, THEN)


async def test_a_token_grows_old(world: AsyncContainer) -> None:
    token = await a_token(world)
    await kept(world, token)
    async with world() as request:
        tokens = await request.get(OneTimeTokens)
        for use in (tokens.take, tokens.find):
            with pytest.raises(InvalidToken):
                await use(token.purpose, token.hash, LATER)


async def test_all_of_a_user_and_a_purpose_are_revoked(world: AsyncContainer) -> None:
    session = await a_session(world)
    first = replace(await a_token(world, text="1"), user_id=session.user_id)
    other = replace(await a_token(world, Purpose.EMAIL_CHANGE, "2"), user_id=session.user_id)
    nobodys = await a_token(world, text="3")
    await kept(world, first, other, nobodys)
    async with world() as request:
        tokens = await request.get(OneTimeTokens)
        await tokens.revoke(session.user_id, Purpose.PASSWORD_RESET, THEN)
        with pytest.raises(InvalidToken):
            await tokens.take(first.purpose, first.hash, THEN)
        assert await tokens.take(other.purpose, other.hash, THEN)
        assert await tokens.take(nobodys.purpose, nobodys.hash, THEN)


async def test_of_twenty_who_take_one_at_once_one_succeeds(world: AsyncContainer) -> None:
    token = await a_token(world)
    await kept(world, token)

    async def take() -> None:
        async with world() as request:
            tokens = await request.get(OneTimeTokens)
            await tokens.take(token.purpose, token.hash, THEN)

    assert await successes(take) == 1


async def a_link(world: AsyncContainer, purpose: Purpose, session_id: SessionId | None) -> str:
    """The token of a link for ada, who has one session."""
    async with world() as request:
        users, links = await request.get(Users), await request.get(Links)
        ada = await users.by_email(email("ada@example.org"))
        assert ada is not None
        async with await request.get(Transaction):
            to = email("new@example.org") if purpose is Purpose.EMAIL_CHANGE else ada.email
            link = await links.make(purpose, ada, to, session_id)
    return link.partition("#token=")[2]


async def ada(world: AsyncContainer) -> User:
    async with world() as request:
        users = await request.get(Users)
        for address in ("ada@example.org", "new@example.org"):
            user: User | None = await users.by_email(email(address))
            if user is not None:
                return user
    raise AssertionError("ada is gone")


async def test_of_twenty_who_reset_a_password_at_once_one_succeeds(world: AsyncContainer) -> None:
    session = await a_session(world)
    token = await a_link(world, Purpose.PASSWORD_RESET, None)

    async def reset() -> None:
        async with world() as request:
            use_case = await request.get(ResetPassword)
            await use_case(PasswordReset(token, NEW), Client())

    assert await successes(reset) == 1
    async with world() as request:
        sessions = await request.get(Sessions)
        assert (await sessions.get(session.id)).revoked_reason == "password_reset"


@pytest.mark.parametrize(
    ("purpose", "door"),
    [(Purpose.EMAIL_VERIFICATION, VerifyEmail), (Purpose.EMAIL_CHANGE, ConfirmEmailChange)],
)
async def test_of_twenty_who_prove_an_email_at_once_one_succeeds(
    world: AsyncContainer, purpose: Purpose, door: type[VerifyEmail | ConfirmEmailChange]
) -> None:
    session = await a_session(world)
    token = await a_link(world, purpose, session.id)

    async def prove() -> None:
        async with world() as request:
            await (await request.get(door))(EmailProof(token), Client())

    assert await successes(prove) == 1
    assert (await ada(world)).email_verified
    async with world() as request:  # the session that asked goes on
        assert (await (await request.get(Sessions)).get(session.id)).revoked_at is None


async def test_two_links_of_one_account_at_once_do_not_wait_for_each_other_for_ever(
    world: AsyncContainer,
) -> None:
    session = await a_session(world)
    resets = [await a_link(world, Purpose.PASSWORD_RESET, None) for _ in range(5)]
    changes = [await a_link(world, Purpose.EMAIL_CHANGE, session.id) for _ in range(5)]

    async def reset(token: str) -> None:
        async with world() as request:
            await (await request.get(ResetPassword))(PasswordReset(token, NEW), Client())

    async def confirm(token: str) -> None:
        async with world() as request:
            await (await request.get(ConfirmEmailChange))(EmailProof(token), Client())

    everything = [*map(reset, resets), *map(confirm, changes)]
    outcomes = await asyncio.gather(*everything, return_exceptions=True)
    # A reset revokes the rest of both kinds, and so does a change.
    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, InvalidToken) for outcome in outcomes if outcome)


async def test_an_email_that_was_taken_meanwhile_costs_no_token(world: AsyncContainer) -> None:
    await a_session(world)
    token = await a_link(world, Purpose.EMAIL_CHANGE, None)
    eve = await a_user(world, "new@example.org")
    async with world() as request:
        await (await request.get(Users)).add(eve)
    async with world() as request:
        confirm = await request.get(ConfirmEmailChange)
        for _ in range(2):
            with pytest.raises(EmailTaken):
                await confirm(EmailProof(token), Client())
    async with world() as request:
        users = await request.get(Users)
        eve.deleted_at = THEN
        await users.save(eve)
        await confirm(EmailProof(token), Client())
    assert (await ada(world)).email == "new@example.org"


async def successes(attempt: Callable[[], Awaitable[None]]) -> int:
    """Of twenty attempts at once; all others are InvalidToken."""
    outcomes = await asyncio.gather(*(attempt() for _ in range(20)), return_exceptions=True)
    assert all(isinstance(outcome, InvalidToken) for outcome in outcomes if outcome), outcomes
    return outcomes.count(None)
