from uuid import UUID

import pytest

from application.identity.emails import (
    AskToVerifyEmail,
    ChangeEmail,
    ConfirmEmailChange,
    EmailChange,
    EmailProof,
    ResendVerification,
    VerifyEmail,
)
from application.identity.links import EmailPolicy
from application.identity.passwords import PasswordReset, ResetPassword
from application.shared.actor import Actor, Client
from domain.identity.events import UserRegistered
from domain.identity.one_time_token import InvalidToken, Purpose
from domain.identity.session import ReauthenticationNeeded
from domain.identity.user import EmailNotVerified, EmailTaken, InvalidCredentials, InvalidEmail
from domain.shared.errors import Busy, Forbidden
from domain.shared.ids import UserId
from tests.unit.identity.flows import ADDRESS, PASSWORD, Flows, token_of

OTHER = "countess@example.org"


@pytest.fixture
async def flows() -> Flows:
    flows = Flows()
    await flows.registered()
    return flows


async def verify(flows: Flows, token: str) -> None:
    await flows.world.get(VerifyEmail)(EmailProof(token), Client())


async def change(
    flows: Flows, actor: Actor, email: str = OTHER, password: str | None = None
) -> None:
    await flows.world.get(ChangeEmail)(actor, EmailChange(email, password))


async def confirm(flows: Flows, token: str) -> None:
    await flows.world.get(ConfirmEmailChange)(EmailProof(token), Client())


async def test_a_new_account_is_asked_to_verify_its_address(flows: Flows) -> None:
    assert not flows.user().email_verified
    assert [mail.to for mail in flows.mails] == [ADDRESS]
    token = await flows.token()
    await verify(flows, token)
    assert flows.user().email_verified
    assert flows.audited() == [("email.verified", "success")]
    with pytest.raises(InvalidToken):
        await verify(flows, token)
    assert flows.audited()[1:] == [("email.verified", "denied")]


async def test_a_verification_is_for_three_days(flows: Flows) -> None:
    flows.clock.pass_(days=3)
    with pytest.raises(InvalidToken):
        await verify(flows, await flows.token())


async def test_who_was_erased_meanwhile_is_asked_nothing(flows: Flows) -> None:
    gone = UserId(UUID(int=1))
    await flows.world.get(AskToVerifyEmail)(UserRegistered(gone, gone))
    assert not flows.world.store.events


async def test_where_it_is_required_an_unverified_account_cannot_sign_in(flows: Flows) -> None:
    flows.world._kept[EmailPolicy] = EmailPolicy(verification_required=True)
    with pytest.raises(EmailNotVerified):
        await flows.signed_in()
    with pytest.raises(InvalidCredentials):  # and only who knows the password is told
        await flows.signed_in("wrong horse battery")
    assert not flows.live()
    await verify(flows, await flows.token())
    await flows.signed_in()


async def test_the_letter_comes_again_three_times_an_hour(flows: Flows) -> None:
    ada = await flows.signed_in()
    for _ in range(3):
        await flows.world.get(ResendVerification)(ada)
    with pytest.raises(Busy):
        await flows.world.get(ResendVerification)(ada)
    await flows.world.drain()
    assert len(flows.mails) == 4
    await verify(flows, token_of(flows.mails[1]))
    with pytest.raises(InvalidToken):
        await verify(flows, token_of(flows.mails[3]))


async def test_a_verified_account_is_not_written_to(flows: Flows) -> None:
    ada = await flows.signed_in()
    await verify(flows, await flows.token())
    await flows.world.get(ResendVerification)(ada)
    await flows.world.drain()
    assert len(flows.mails) == 1


async def test_an_address_is_changed_once_the_new_one_has_confirmed(flows: Flows) -> None:
    await flows.signed_in()
    here = await flows.signed_in()
    await change(flows, here, " Countess@Example.org")
    token = await flows.token()
    assert flows.mails[-1].to == OTHER
    assert flows.user().email == ADDRESS

    await confirm(flows, token)

    assert (flows.user().email, flows.user().email_verified) == (OTHER, True)
    assert flows.live() == {here.session_id}
    await flows.world.drain()
    assert flows.mails[-1].to == ADDRESS
    assert OTHER not in flows.mails[-1].letter.text
    assert [action for action, _ in flows.audited()] == ["email.change_requested", "email.changed"]
    with pytest.raises(InvalidToken):
        await confirm(flows, token)
    await flows.signed_in(email=OTHER)


async def test_a_change_ends_the_links_of_the_old_address(flows: Flows) -> None:
    verification = await flows.token()
    await change(flows, await flows.signed_in())
    await confirm(flows, await flows.token())
    with pytest.raises(InvalidToken):
        await verify(flows, verification)


async def test_only_the_newest_change_can_be_confirmed(flows: Flows) -> None:
    """The first address may have been mistyped, and be a stranger's."""
    ada = await flows.signed_in()
    await change(flows, ada, "coutness@example.org")
    mistyped = await flows.token()
    await change(flows, ada)
    with pytest.raises(InvalidToken):
        await confirm(flows, mistyped)
    await confirm(flows, await flows.token())


async def test_an_old_session_needs_the_password(flows: Flows) -> None:
    ada = await flows.signed_in()
    flows.clock.pass_(minutes=4, seconds=59)
    await change(flows, ada)
    flows.clock.pass_(seconds=1)
    with pytest.raises(ReauthenticationNeeded):
        await change(flows, ada)
    with pytest.raises(InvalidCredentials):
        await change(flows, ada, password="wrong horse battery")
    assert flows.audited()[-1] == ("email.change_requested", "denied")
    await change(flows, ada, password=PASSWORD)


async def test_a_wrong_password_counts_in_a_young_session_too(flows: Flows) -> None:
    with pytest.raises(InvalidCredentials):
        await change(flows, await flows.signed_in(), password="wrong horse battery")


async def test_without_a_session_no_address_is_changed(flows: Flows) -> None:
    ada = await flows.signed_in()
    key = Actor(ada.user_id, ada.scopes)
    with pytest.raises(Forbidden):
        await change(flows, key, password=PASSWORD)
    with pytest.raises(Forbidden):
        await flows.world.get(ResendVerification)(key)


@pytest.mark.parametrize(
    ("address", "error"),
    [("eve@example.org", EmailTaken), (ADDRESS, EmailTaken), ("countess", InvalidEmail)],
)
async def test_an_address_that_cannot_be_ones_own_is_refused(
    flows: Flows, address: str, error: type[Exception]
) -> None:
    await flows.registered("eve@example.org")
    with pytest.raises(error):
        await change(flows, await flows.signed_in(), address)


async def test_three_changes_an_hour(flows: Flows) -> None:
    ada = await flows.signed_in()
    for number in range(3):
        await change(flows, ada, f"countess{number}@example.org")
    with pytest.raises(Busy):
        await change(flows, ada)


async def test_a_stranger_is_not_flooded_from_many_accounts(flows: Flows) -> None:
    for number in range(3):
        address = f"eve{number}@example.org"
        await flows.registered(address)
        await change(flows, await flows.signed_in(email=address))
    with pytest.raises(Busy):
        await change(flows, await flows.signed_in())


async def test_a_letters_token_opens_no_door_but_its_own(flows: Flows) -> None:
    verification = await flows.token()
    await change(flows, await flows.signed_in())
    change_of_email = await flows.token()
    reset = flows.world.get(ResetPassword)
    for token in (verification, change_of_email):
        with pytest.raises(InvalidToken):
            await reset(PasswordReset(token, "a new and better password"), Client())
    with pytest.raises(InvalidToken):
        await confirm(flows, verification)
    with pytest.raises(InvalidToken):
        await verify(flows, change_of_email)


def test_links_lead_to_our_own_address() -> None:
    policy = EmailPolicy("https://api.example.org/")
    link = policy.link(Purpose.PASSWORD_RESET, "secret")
    assert link == "https://api.example.org/reset-password#token=secret"
