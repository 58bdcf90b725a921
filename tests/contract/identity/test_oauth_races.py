"""What signing in by a provider promises when many do it at once: in memory and on Postgres."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from dishka import AsyncContainer, Provider, Scope

from adapters.memory.identity.oauth import LocalTargets, PlainProviders
from application.identity.connections import Disconnect, ListConnections
from application.identity.oauth import Callback, Finished, FinishSignIn, StartSignIn
from application.identity.oauth_ports import IdentityProviders
from application.identity.ports import Callers, Sessions, Users
from application.identity.sessions import Credentials, LogIn
from application.identity.users import RegisterUser, Registration
from application.identity.views import Login
from application.shared.actor import Actor, Client
from domain.identity.oauth import LastSignInMethod, ReturnTargets
from domain.identity.one_time_token import InvalidToken
from domain.shared.errors import Conflict, DomainError, Unauthenticated
from entrypoints.container import production
from entrypoints.http.inject import OfRequest
from entrypoints.settings import Settings

CLIENT = Client("127.0.0.1", "pytest", "request-1")
ADA = Registration("ada@example.org", "correct horse battery")


class PlainOAuth(Provider):
    """The provider that tests see through, also before a real database."""

    scope = Scope.APP

    def __init__(self) -> None:
        super().__init__()
        self.provide(PlainProviders, provides=IdentityProviders)
        self.provide(LocalTargets, provides=ReturnTargets)


@pytest.fixture
async def postgres(database: str, settings: Settings) -> AsyncIterator[AsyncContainer]:
    settings = msgspec.structs.replace(settings, database_url=database, db_pool_size=8)
    container = production(settings, OfRequest(), PlainOAuth())
    yield container
    await container.close()


async def started(world: AsyncContainer, code: str, actor: Actor | None = None) -> Callback:
    """What a browser brings back."""
    async with world() as request:
        one = await (await request.get(StartSignIn))(actor, CLIENT, "plain", None)
    state = parse_qs(urlsplit(one.url).query)["state"][0]
    return Callback(provider="plain", state=state, binding=one.binding, code=code)


async def finished(world: AsyncContainer, callback: Callback) -> Finished | DomainError:
    try:
        async with world() as request:
            return await (await request.get(FinishSignIn))(callback, CLIENT)
    except DomainError as error:
        return error


async def actor_of(world: AsyncContainer, login: Login) -> Actor:
    callers: Callers = await world.get(Callers)
    return (await callers.caller(login.access_token)).actor


async def signed_in(
    world: AsyncContainer, code: str, actor: Actor | None = None
) -> tuple[Login, Actor]:
    done = await finished(world, await started(world, code, actor))
    assert isinstance(done, Finished), done
    return done.login, await actor_of(world, done.login)


async def test_a_state_used_twenty_times_at_once_is_good_once(world: AsyncContainer) -> None:
    callback = await started(world, "ada ada@example.org")
    done = await asyncio.gather(*(finished(world, callback) for _ in range(20)))
    assert sum(isinstance(one, Finished) for one in done) == 1
    assert sum(isinstance(one, InvalidToken) for one in done) == 19


async def test_twenty_first_sign_ins_at_once_make_one_account(world: AsyncContainer) -> None:
    callbacks = [await started(world, "ada ada@example.org") for _ in range(20)]
    done = await asyncio.gather(*(finished(world, one) for one in callbacks))
    opened = {one.login.user.id for one in done if isinstance(one, Finished)}
    assert len(opened) == 1
    assert all(isinstance(one, Finished | Conflict) for one in done)
    _, ada = await signed_in(world, "ada ada@example.org")
    assert ada.user_id in opened


async def test_of_two_disconnected_at_once_one_stays(world: AsyncContainer) -> None:
    _, ada = await signed_in(world, "ada ada@example.org")
    await signed_in(world, "lovelace", ada)
    async with world() as request:
        both = await (await request.get(ListConnections))(ada)
    assert len(both) == 2

    async def disconnected(number: int) -> DomainError | None:
        try:
            async with world() as request:
                await (await request.get(Disconnect))(ada, both[number].id)
        except DomainError as error:
            return error
        return None

    refused = [e for e in await asyncio.gather(disconnected(0), disconnected(1)) if e is not None]
    assert [type(error) for error in refused] == [LastSignInMethod]
    async with world() as request:
        assert len(await (await request.get(ListConnections))(ada)) == 1


async def test_a_takeover_leaves_no_session_that_raced_it(world: AsyncContainer) -> None:
    """Mallory connects a provider and signs in by it while Ada takes the account over: whatever
    comes first, what is left afterwards is Ada's alone."""
    async with world() as request:
        await (await request.get(RegisterUser))(ADA)
        login = await (await request.get(LogIn))(Credentials(ADA.email, ADA.password), CLIENT)
    mallory = await actor_of(world, login)
    await signed_in(world, "mallory", mallory)
    hers = [await started(world, "mallory") for _ in range(8)]
    more = [await started(world, f"mallory-{n}", mallory) for n in range(4)]
    owner = await started(world, "ada ada@example.org")

    *others, taken = await asyncio.gather(
        *(finished(world, callback) for callback in (*hers, *more, owner))
    )

    assert isinstance(taken, Finished)
    for one in others:
        if isinstance(one, Finished):
            with pytest.raises(Unauthenticated):
                await actor_of(world, one.login)
    ada = await actor_of(world, taken.login)
    async with world() as request:
        (left,) = await (await request.get(ListConnections))(ada)
        assert left.email == "ada@example.org"
        assert (await (await request.get(Users)).get(ada.user_id)).password is None


async def test_all_sessions_but_one_end(world: AsyncContainer) -> None:
    logins = [await signed_in(world, "ada ada@example.org") for _ in range(3)]
    (_, kept), *others = logins
    async with world() as request:
        sessions = await request.get(Sessions)
        now = logins[0][0].user.created_at
        await sessions.revoke_all(kept.user_id, now, "password_change", kept.session_id)
    assert await actor_of(world, logins[0][0]) == kept
    for login, _ in logins[1:]:
        with pytest.raises(Unauthenticated):
            await actor_of(world, login)
    assert len(others) == 2
