"""What every OAuthConnections adapter promises."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from dishka import AsyncContainer

from application.identity.oauth_ports import OAuthConnections
from application.identity.ports import Users
from application.shared.ports import Ids
from domain.identity.oauth import ConnectionId, ConnectionTaken, OAuthConnection
from domain.identity.user import email
from domain.shared.ids import UserId
from tests.contract.identity.test_users import a_user

THEN = datetime(2026, 1, 1, tzinfo=UTC)
ISSUER = "https://accounts.example"


async def a_connection(
    world: AsyncContainer, subject: str = "1", address: str = "ada@example.org"
) -> OAuthConnection:
    """Of a fresh user; not yet kept."""
    user = await a_user(world, address)
    async with world() as request:
        await (await request.get(Users)).add(user)
    return OAuthConnection(
        id=ConnectionId((await world.get(Ids)).next()),
        user_id=user.id,
        provider="oidc",
        issuer=ISSUER,
        subject=subject,
        email=email("ada@work.example"),
        created_at=THEN,
        updated_at=THEN,
    )


async def another(world: AsyncContainer, one: OAuthConnection, subject: str) -> OAuthConnection:
    """A younger one of the same user."""
    return replace(one, id=ConnectionId((await world.get(Ids)).next()), subject=subject, email=None)


async def test_an_added_connection_is_found_by_its_subject(world: AsyncContainer) -> None:
    connection = await a_connection(world)
    async with world() as request:
        connections = await request.get(OAuthConnections)
        await connections.add(connection)
        assert await connections.find(ISSUER, "1") == connection
        assert await connections.find(ISSUER, "2") is None
        assert await connections.find("https://elsewhere.example", "1") is None


async def test_a_subject_is_connected_once(world: AsyncContainer) -> None:
    connection = await a_connection(world)
    rival = await a_connection(world, address="eve@example.org")
    async with world() as request:
        connections = await request.get(OAuthConnections)
        await connections.add(connection)
        with pytest.raises(ConnectionTaken):
            await connections.add(rival)
        await connections.add(replace(rival, issuer="https://elsewhere.example"))
        assert await connections.find(ISSUER, "1") == connection


async def test_a_users_connections_come_newest_first(world: AsyncContainer) -> None:
    first = await a_connection(world)
    second = await another(world, first, "2")
    foreign = await a_connection(world, "3", "eve@example.org")
    async with world() as request:
        connections = await request.get(OAuthConnections)
        for connection in (first, second, foreign):
            await connections.add(connection)
        assert await connections.of(first.user_id) == [second, first]
        assert await connections.of(UserId(uuid4())) == []


async def test_only_its_owner_removes_a_connection(world: AsyncContainer) -> None:
    connection = await a_connection(world)
    async with world() as request:
        connections = await request.get(OAuthConnections)
        await connections.add(connection)
        await connections.remove(UserId(uuid4()), connection.id)
        assert await connections.of(connection.user_id) == [connection]
        await connections.remove(connection.user_id, connection.id)
        await connections.remove(connection.user_id, connection.id)
        assert await connections.find(ISSUER, "1") is None


async def test_all_of_a_user_are_removed_and_no_others(world: AsyncContainer) -> None:
    first = await a_connection(world)
    second = await another(world, first, "2")
    foreign = await a_connection(world, "3", "eve@example.org")
    async with world() as request:
        connections = await request.get(OAuthConnections)
        for connection in (first, second, foreign):
            await connections.add(connection)
        await connections.remove_all(first.user_id)
        assert await connections.of(first.user_id) == []
        assert await connections.of(foreign.user_id) == [foreign]
