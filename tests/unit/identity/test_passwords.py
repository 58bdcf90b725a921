from dataclasses import replace

import pytest

from adapters.memory.identity.security import PlainPasswords
from application.identity.links import EmailPolicy
from application.identity.passwords import (
    ChangePassword,
    Forgotten,
    PasswordChange,
    PasswordReset,
    RequestPasswordReset,
    ResetPassword,
    SendPasswordReset,
)
from application.shared.actor import Actor, Client
from domain.identity.one_time_token import InvalidToken, OneTimeToken
from domain.identity.user import (
    EmailNotVerified,
    InvalidCredentials,
    Password,
    PasswordHash,
    User,
    WeakPassword,
)
from domain.mail.letter import OutgoingMail
from domain.shared.errors import Forbidden
from tests.unit.identity.flows import ADDRESS, PASSWORD, Flows

NEW = "a new and better password"


@pytest.fixture
async def flows() -> Flows:
    flows = Flows()
    await flows.registered()
    flows.mails.clear()
    return flows


async def forgotten(flows: Flows, email: str = ADDRESS) -> None:
    await flows.world.get(RequestPasswordReset)(Forgotten(email))


async def reset(flows: Flows, token: str, password: str = NEW) -> None:
    await flows.world.get(ResetPassword)(PasswordReset(token, password), Client())


async def change(flows: Flows, actor: Actor, current: str = PASSWORD, new: str = NEW) -> None:
    await flows.world.get(ChangePassword)(actor, PasswordChange(current, new))


async def test_a_reset_password_opens_and_ends_every_session(flows: Flows) -> None:
    await flows.signed_in()
    await forgotten(flows, " Ada@Example.org ")
    await reset(flows, await flows.token())

    assert flows.mails[-1].to == ADDRESS
    assert not flows.live()
    with pytest.raises(InvalidCredentials):
        await flows.signed_in()
    await flows.signed_in(NEW)
    assert flows.audited() == [
        ("password.reset_requested", "success"),
        ("password.reset", "success"),
    ]


async def test_a_token_resets_once_and_takes_the_others_with_it(flows: Flows) -> None:
    await forgotten(flows)
    first = await flows.token()
    await forgotten(flows)
    second = await flows.token()

    await reset(flows, second)
    for token in (first, second):
        with pytest.raises(InvalidToken):
            await reset(flows, token)
    assert flows.audited()[-2:] == [("password.reset", "denied")] * 2


async def test_a_reset_is_for_an_hour(flows: Flows) -> None:
    await forgotten(flows)
    token = await flows.token()
    flows.clock.pass_(hours=1)
    with pytest.raises(InvalidToken):
        await reset(flows, token)


async def test_a_weak_password_does_not_use_the_token_up(flows: Flows) -> None:
    await forgotten(flows)
    token = await flows.token()
    with pytest.raises(WeakPassword):
        await reset(flows, token, "short")
    await reset(flows, token)


async def test_a_wrong_token_makes_nobody_hash(flows: Flows) -> None:
    class Hashing(PlainPasswords):
        async def hash(self, password: Password) -> PasswordHash:
            raise AssertionError("hashed for nobody")

    use_case = replace(flows.world.get(ResetPassword), passwords=Hashing())
    with pytest.raises(InvalidToken):
        await use_case(PasswordReset("x" * 43, NEW), Client())


async def test_an_unknown_address_is_answered_by_the_same_steps(flows: Flows) -> None:
    await forgotten(flows)
    (known,) = flows.world.store.events
    await flows.world.drain()
    await forgotten(flows, "eve@example.org")
    (unknown,) = flows.world.store.events
    assert type(unknown) is type(known)

    before = len(flows.mails)
    await flows.world.drain()
    assert len(flows.mails) == before


@pytest.mark.parametrize("email", ["eve", "", "a@b", "x" * 300 + "@example.org"])
async def test_what_is_no_address_is_answered_too(flows: Flows, email: str) -> None:
    await forgotten(flows, email)
    assert not flows.world.store.events


async def test_three_letters_an_hour_and_nobody_is_told_of_the_fourth(flows: Flows) -> None:
    for text in (ADDRESS, ADDRESS.upper(), f" {ADDRESS}", ADDRESS, ADDRESS):
        await forgotten(flows, text)
    await flows.world.drain()
    assert len(flows.mails) == 3

    flows.clock.pass_(hours=1)
    await forgotten(flows)
    await flows.world.drain()
    assert len(flows.mails) == 4


async def test_an_inactive_account_gets_no_link(flows: Flows) -> None:
    user = flows.user()
    flows.world.store.table(User)[user.id, user.id].is_active = False
    await forgotten(flows)
    await flows.world.drain()
    assert not flows.mails


async def test_a_letter_that_is_delivered_twice_still_opens(flows: Flows) -> None:
    await forgotten(flows)
    (event,) = flows.world.store.events
    await flows.world.drain()
    follower = flows.world.get(SendPasswordReset)
    await follower(event)  # type: ignore[arg-type]
    await flows.world.drain()
    first, second = flows.mails
    assert first != second
    await reset(flows, first.letter.text.partition("#token=")[2].split()[0])


async def test_a_reset_proves_the_address(flows: Flows) -> None:
    """Whoever lost the verification letter would never get in otherwise."""
    flows.world._kept[EmailPolicy] = EmailPolicy(verification_required=True)
    with pytest.raises(EmailNotVerified):
        await flows.signed_in()
    await forgotten(flows)
    await reset(flows, await flows.token())
    await flows.signed_in(NEW)


async def test_a_changed_password_ends_every_other_session(flows: Flows) -> None:
    await flows.signed_in()
    here = await flows.signed_in()
    await forgotten(flows)
    token = await flows.token()

    await change(flows, here)

    assert flows.live() == {here.session_id}
    assert flows.audited()[-1] == ("password.changed", "success")
    await flows.signed_in(NEW)
    with pytest.raises(InvalidToken):
        await reset(flows, token)


async def test_a_wrong_current_password_changes_nothing_and_is_kept(flows: Flows) -> None:
    await flows.signed_in()
    here = await flows.signed_in()
    with pytest.raises(InvalidCredentials):
        await change(flows, here, "wrong horse battery")
    assert len(flows.live()) == 2
    assert flows.audited() == [("password.changed", "denied")]
    await flows.signed_in()


async def test_an_api_key_changes_no_password(flows: Flows) -> None:
    here = await flows.signed_in()
    with pytest.raises(Forbidden):
        await change(flows, replace(here, session_id=None))


async def test_nothing_that_opens_is_kept_readable(flows: Flows) -> None:
    """In memory nothing is encrypted, so this is about what is kept beside the letter."""
    await forgotten(flows)
    token = await flows.token()
    assert not flows.world.store.table(OutgoingMail)
    assert token not in repr(flows.world.store.table(OneTimeToken))
    assert token not in repr(flows.mails)
