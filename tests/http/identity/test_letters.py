"""The routes that send letters, and those that a letter's token opens."""

import re
from typing import Any

import pytest
from dishka import AsyncContainer

from adapters.memory.mail import MemoryMailer
from adapters.memory.store import Store
from adapters.memory.worker import drain
from application.mail.ports import Mailer
from tests.http.conftest import CREDENTIALS, Client, signed_in

AUTH = "/api/v1/auth"
FORGOT, RESET, CHANGE = (
    f"{AUTH}/password/forgot",
    f"{AUTH}/password/reset",
    f"{AUTH}/password/change",
)
VERIFY, RESEND = f"{AUTH}/email/verify", f"{AUTH}/email/verify/resend"
CHANGE_EMAIL, CONFIRM = f"{AUTH}/email/change", f"{AUTH}/email/change/confirm"
ME, LOGIN = "/api/v1/users/me", f"{AUTH}/login"
EMAIL, PASSWORD, NEW = CREDENTIALS["email"], CREDENTIALS["password"], "a new and better password"


async def token(memory: AsyncContainer, kind: str) -> str:
    """That of the newest letter of its kind, once the jobs are done."""

    async def follower(kind: type) -> Any:
        async with memory() as request:
            return await request.get(kind)

    await drain(await memory.get(Store), follower)
    mailer = await memory.get(Mailer)
    assert isinstance(mailer, MemoryMailer)
    letters = [mail.letter for mail in mailer.sent if mail.letter.kind == kind]
    found = re.search(r"#token=([\w-]+)", letters[-1].text)
    assert found
    return found[1]


async def opens(client: Client, password: str, email: str = EMAIL) -> bool:
    answer = await client.post(LOGIN, json={"email": email, "password": password})
    return answer.status_code == 200


@pytest.mark.parametrize(
    ("forgot", "reset"),
    [(FORGOT, RESET), (f"{AUTH}/reset-password", f"{AUTH}/reset-password/confirm")],
)
async def test_a_forgotten_password_is_reset(
    client: Client, memory: AsyncContainer, forgot: str, reset: str
) -> None:
    headers = await signed_in(client)
    answer = await client.post(forgot, json={"email": EMAIL})
    assert answer.status_code == 202
    body = {"token": await token(memory, "password_reset"), "new_password": NEW}

    answer = await client.post(reset, json=body)

    assert (answer.status_code, answer.json()) == (
        200,
        {"message": "the password is reset: sign in with it"},
    )
    assert (await client.get(ME, headers=headers)).status_code == 401
    assert await opens(client, NEW)
    again = await client.post(reset, json=body)
    assert (again.status_code, again.json()["code"]) == (400, "invalid_token")


async def test_whoever_forgets_is_answered_alike(client: Client) -> None:
    await signed_in(client)
    emails = [EMAIL, "eve@example.org", "eve", "", *[EMAIL] * 4]
    answers = [await client.post(FORGOT, json={"email": email}) for email in emails]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (202, answers[0].content)
    }
    shown = [sorted(answer.headers.keys()) for answer in answers]
    assert all(names == shown[0] for names in shown)


@pytest.mark.parametrize("path", [CHANGE, f"{AUTH}/change-password"])
async def test_a_password_is_changed(client: Client, path: str) -> None:
    elsewhere, here = await signed_in(client), await signed_in(client)
    wrong = {"current_password": "wrong horse battery", "new_password": NEW}
    answer = await client.post(path, json=wrong, headers=here)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    weak = {"current_password": PASSWORD, "new_password": "short"}
    answer = await client.post(path, json=weak, headers=here)
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")

    good = {"current_password": PASSWORD, "new_password": NEW}
    assert (await client.post(path, json=good, headers=here)).status_code == 200

    assert (await client.get(ME, headers=here)).status_code == 200
    assert (await client.get(ME, headers=elsewhere)).status_code == 401
    assert await opens(client, NEW)
    assert not await opens(client, PASSWORD)


async def test_an_email_is_verified(client: Client, memory: AsyncContainer) -> None:
    headers = await signed_in(client)
    assert not (await client.get(ME, headers=headers)).json()["email_verified"]
    for _ in range(3):
        assert (await client.post(RESEND, headers=headers)).status_code == 202
    limited = await client.post(RESEND, headers=headers)
    assert limited.status_code == 429
    assert 0 < int(limited.headers["retry-after"]) <= 3600

    answer = await client.post(VERIFY, json={"token": await token(memory, "email_verification")})

    assert answer.status_code == 200
    assert (await client.get(ME, headers=headers)).json()["email_verified"]


async def test_an_email_is_changed(client: Client, memory: AsyncContainer) -> None:
    elsewhere, here = await signed_in(client), await signed_in(client)
    wanted = {"new_email": "countess@example.org"}
    wrong = await client.post(CHANGE_EMAIL, json=wanted | {"password": "wrong"}, headers=here)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    assert (await client.post(CHANGE_EMAIL, json=wanted, headers=here)).status_code == 202

    answer = await client.post(CONFIRM, json={"token": await token(memory, "email_change")})

    assert answer.status_code == 200
    me = (await client.get(ME, headers=here)).json()
    assert (me["email"], me["email_verified"]) == ("countess@example.org", True)
    assert (await client.get(ME, headers=elsewhere)).status_code == 401
    assert await opens(client, PASSWORD, "countess@example.org")


async def test_an_email_that_was_taken_meanwhile_is_a_conflict(
    client: Client, memory: AsyncContainer
) -> None:
    headers, wanted = await signed_in(client), {"new_email": "eve@example.org"}
    await client.post(CHANGE_EMAIL, json=wanted, headers=headers)
    proof = {"token": await token(memory, "email_change")}
    await signed_in(client, "eve@example.org")
    for path, body in ((CONFIRM, proof), (CHANGE_EMAIL, wanted)):
        answer = await client.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    ("path", "more"), [(RESET, {"new_password": NEW}), (VERIFY, {}), (CONFIRM, {})]
)
@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 400),
        ("x" * 43, 400),
        ("ü", 400),
        ("\x00", 422),
        ("x" * 201, 422),
        ("x" * 17_000, 413),
        (7, 422),
        (None, 422),
    ],
)
async def test_an_odd_token_is_the_clients_mistake(
    client: Client, path: str, more: dict[str, str], text: object, status: int
) -> None:
    answer = await client.post(path, json={"token": text} | more)
    assert answer.status_code == status


@pytest.mark.parametrize("path", [RESET, VERIFY, CONFIRM])
async def test_a_token_that_is_no_unicode_is_malformed(client: Client, path: str) -> None:
    body = b'{"token": "\\ud800", "new_password": "a new and better password"}'
    answer = await client.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("path", [CHANGE, RESEND, CHANGE_EMAIL, f"{AUTH}/change-password"])
async def test_strangers_change_nothing(client: Client, path: str) -> None:
    assert (await client.post(path, content=b"{")).status_code == 401


async def test_an_access_token_is_no_letters_token(client: Client) -> None:
    access = (await signed_in(client))["authorization"].removeprefix("Bearer ")
    for path in (VERIFY, CONFIRM):
        assert (await client.post(path, json={"token": access})).status_code == 400
    answer = await client.post(RESET, json={"token": access, "new_password": NEW})
    assert answer.status_code == 400


async def test_a_letters_token_is_no_access_token(client: Client, memory: AsyncContainer) -> None:
    await signed_in(client)
    headers = {"authorization": f"Bearer {await token(memory, 'email_verification')}"}
    assert (await client.get(ME, headers=headers)).status_code == 401


async def test_the_aliases_are_not_in_the_document(client: Client) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert FORGOT in paths
    assert f"{AUTH}/reset-password" not in paths
