"""What every Credentials adapter promises."""

from uuid import uuid4

import asyncpg
import pytest
from dishka import AsyncContainer

from application.identity.ports import Credentials, OneTimeTokens, Sessions
from domain.identity.one_time_token import InvalidToken, OneTimeToken, OneTimeTokenId, Purpose
from domain.shared.ids import UserId
from tests.contract.identity.test_sessions import LATER, THEN, a_session


async def test_nothing_opens_the_account_any_more(world: AsyncContainer) -> None:
    session = await a_session(world)
    token = OneTimeToken(
        id=OneTimeTokenId(uuid4()),
        user_id=session.user_id,
        purpose=Purpose.PASSWORD_RESET,
        hash=b"h" * 32,
        created_at=THEN,
        expires_at=LATER,
    )
    async with world() as request:
        await (await request.get(OneTimeTokens)).add(token)
        credentials = await request.get(Credentials)
        await credentials.revoke(session.user_id, THEN, "account_deleted")
        await credentials.revoke(session.user_id, LATER, "again")

        ended = await (await request.get(Sessions)).get(session.id)
        assert (ended.revoked_at, ended.revoked_reason) == (THEN, "account_deleted")
        with pytest.raises(InvalidToken):
            await (await request.get(OneTimeTokens)).take(token.purpose, token.hash, THEN)


async def test_others_keep_what_opens_theirs(world: AsyncContainer) -> None:
    session = await a_session(world)
    async with world() as request:
        await (await request.get(Credentials)).revoke(UserId(uuid4()), THEN, "account_deleted")
        assert (await (await request.get(Sessions)).get(session.id)).revoked_at is None


async def test_api_keys_end_too(postgres: AsyncContainer, database: str) -> None:
    session = await a_session(postgres)
    connection = await asyncpg.connect(database, ssl=False)
    await connection.execute(
        "INSERT INTO api_keys (id, user_id, name, hash, scopes, created_at, expires_at)"
        " VALUES (gen_random_uuid(), $1, 'key', '', '{}', $2, $3)",
        session.user_id,
        THEN,
        LATER,
    )
    async with postgres() as request:
        await (await request.get(Credentials)).revoke(session.user_id, THEN, "account_deleted")
    revoked_at = await connection.fetchval("SELECT revoked_at FROM api_keys")
    await connection.close()
    assert revoked_at == THEN
