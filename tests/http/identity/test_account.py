"""Leaving, and taking one's own along."""

from datetime import timedelta

from dishka import AsyncContainer

from adapters.memory.store import Store
from domain.identity.audit import Entry
from domain.identity.session import Session
from tests.http.conftest import CREDENTIALS, Client, signed_in

ME = "/api/v1/users/me"
PASSWORD = {"password": CREDENTIALS["password"]}


async def grown_old(memory: AsyncContainer) -> None:
    """All sessions began an hour ago."""
    for session in (await memory.get(Store)).table(Session).values():
        session.created_at -= timedelta(hours=1)


async def audited(memory: AsyncContainer) -> list[str]:
    """What was done besides signing in, or trying to."""
    entries = (await memory.get(Store)).table(Entry).values()
    actions = [entry.event.action for entry in entries]
    return [action for action in actions if action not in ("session.opened", "login.denied")]


async def test_an_owner_leaves_and_the_email_is_free(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client)
    other = await signed_in(client)
    assert (await client.delete(ME, headers=ada)).status_code == 204
    for session in (ada, other):
        assert (await client.get(ME, headers=session)).status_code == 401
    assert (await client.post("/api/v1/auth/login", json=CREDENTIALS)).status_code == 401
    assert (await client.post("/api/v1/auth/register", json=CREDENTIALS)).status_code == 201
    assert await audited(memory) == ["account.deleted"]


async def test_an_old_session_has_to_say_the_password(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client)
    await grown_old(memory)
    bodies: list[dict[str, str] | None] = [None, {}]
    for body in bodies:
        answer = await client.request("DELETE", ME, json=body, headers=ada)
        assert (answer.status_code, answer.json()["code"]) == (403, "reauthentication_needed")
    wrong = {"password": "wrong horse battery"}
    answer = await client.request("DELETE", ME, json=wrong, headers=ada)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert (await client.get(ME, headers=ada)).status_code == 200
    answer = await client.request("DELETE", ME, json=PASSWORD, headers=ada)
    assert answer.status_code == 204


async def test_the_password_is_not_guessed_here_either(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client)
    for _ in range(5):
        wrong = {"password": "wrong horse battery"}
        assert (await client.request("DELETE", ME, json=wrong, headers=ada)).status_code == 401
    answer = await client.request("DELETE", ME, json=PASSWORD, headers=ada)
    assert (answer.status_code, answer.json()["code"]) == (429, "busy")
    assert int(answer.headers["retry-after"]) > 600


async def test_a_bad_farewell_is_refused(client: Client) -> None:
    ada = await signed_in(client)
    declared = ada | {"content-type": "application/json"}
    for body, status in ((b"{", 400), (b'{"password": 7}', 422), (b'{"force": true}', 422)):
        answer = await client.request("DELETE", ME, content=body, headers=declared)
        assert answer.status_code == status
    assert (await client.request("DELETE", ME, content=b"{}", headers=ada)).status_code == 415


async def test_an_export_holds_all_of_ones_own_and_no_secret(
    client: Client, memory: AsyncContainer
) -> None:
    ada, _bob = await signed_in(client), await signed_in(client, "bob@example.org")
    answer = await client.post("/api/v1/privacy/export", headers=ada)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "attachment" in answer.headers["content-disposition"]
    made = answer.json()
    assert [user["email"] for user in made["identity"]["users"]] == ["ada@example.org"]
    assert len(made["identity"]["sessions"]) == 1
    assert made["conversations"] == {"conversations": [], "messages": []}
    for secret in ("password", "hash", "family_key", "bob@example.org", CREDENTIALS["password"]):
        assert secret not in answer.text
    assert await audited(memory) == ["export.made"]
