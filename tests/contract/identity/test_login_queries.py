"""Nobody learns from the time of a refusal whether there is such an account."""

from typing import Any

import pytest
from dishka import AsyncContainer

from adapters.postgres.database import Database, Statement
from application.identity.sessions import Credentials, LogIn
from application.identity.users import RegisterUser, Registration
from application.shared.actor import Client
from domain.identity.user import InvalidCredentials


async def test_a_wrong_password_runs_the_same_queries_known_or_not(
    postgres: AsyncContainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = Database._run

    async def noted(database: Database, execute: Any, statement: Statement, *more: Any) -> Any:
        asked.append(statement.sql)
        return await run(database, execute, statement, *more)

    async def queries(email: str) -> list[str]:
        asked.clear()
        async with postgres() as request:
            with pytest.raises(InvalidCredentials):
                await (await request.get(LogIn))(Credentials(email, "wrong"), Client("192.0.2.1"))
        return list(asked)

    async with postgres() as request:
        register = await request.get(RegisterUser)
        await register(Registration("ada@example.org", "correct horse battery"))
        await request.get(LogIn)  # the first makes the signing key
    monkeypatch.setattr(Database, "_run", noted)
    known = await queries("ada@example.org")
    assert known == await queries("nobody@example.org")
    assert any("audit_events" in sql for sql in known)
