from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from application.identity import letters
from application.identity.links import PAGES, Links, LinkToken
from application.identity.ports import Sessions, Users
from application.identity.reauthentication import Reauthentication, session_of
from application.identity.trail import Trail
from application.mail.exports import Post
from application.shared.actor import Actor, Client
from application.shared.ports import Clock, Transaction
from application.shared.text import Text
from domain.identity.events import RegistrationAttempted, UserRegistered
from domain.identity.one_time_token import InvalidToken, Purpose
from domain.identity.user import Email, EmailTaken, User, email
from domain.shared.errors import NotFound


class EmailProof(Struct, frozen=True, forbid_unknown_fields=True):
    """`token`: what follows `#token=` in the letter's link."""

    token: LinkToken


class EmailChange(Struct, frozen=True, forbid_unknown_fields=True):
    """`password` is not needed in the first five minutes of a session."""

    new_email: Annotated[Text, Meta(max_length=1024)]
    password: Annotated[Text, Meta(max_length=1024)] | None = None


@dataclass(frozen=True, slots=True)
class AskToVerifyEmail:
    """Follows UserRegistered: writes to the account's address. Delivered twice, it writes twice;
    both links work."""

    users: Users
    links: Links
    post: Post
    transaction: Transaction

    async def __call__(self, event: UserRegistered) -> None:
        async with self.transaction:
            try:
                user = await self.users.get(event.user_id)
            except NotFound:
                return  # deleted meanwhile
            await _ask_to_verify(user, self.links, self.post)


@dataclass(frozen=True, slots=True)
class TellOfRegistration:
    """Follows RegistrationAttempted: tells an account's owner that they have one."""

    users: Users
    post: Post
    transaction: Transaction

    async def __call__(self, event: RegistrationAttempted) -> None:
        async with self.transaction:
            try:
                user = await self.users.get(event.user_id)
            except NotFound:
                return  # deleted meanwhile
            await self.post.send(user.id, user.email, letters.already_registered())


@dataclass(frozen=True, slots=True)
class ResendVerification:
    """Write once more, unless the address is verified already. Raises Busy beyond 3 an hour."""

    users: Users
    links: Links
    post: Post
    transaction: Transaction

    async def __call__(self, actor: Actor) -> None:
        session_of(actor)
        await self.links.count(Purpose.EMAIL_VERIFICATION, str(actor.user_id))
        async with self.transaction:
            user = await self.users.get(actor.user_id)
            await _ask_to_verify(user, self.links, self.post)


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Prove the account's address with a letter's token. Raises InvalidToken, also when the account
    has another address by now."""

    users: Users
    links: Links
    trail: Trail
    clock: Clock
    transaction: Transaction

    async def __call__(self, proof: EmailProof, client: Client) -> None:
        async with self.trail.denials("email.verified", client.request_id), self.transaction:
            token, user = await self.links.use(Purpose.EMAIL_VERIFICATION, proof.token)
            if token.email != user.email:
                raise InvalidToken("this link or token is not valid any more")
            user.email_verified, user.updated_at = True, self.clock.now()
            await self.users.save(user)
            await self.links.revoke(user.id, Purpose.EMAIL_VERIFICATION)
            await self.trail.done("email.verified", user.id, client.request_id)


@dataclass(frozen=True, slots=True)
class ChangeEmail:
    """Ask for another address: a link goes there, and an earlier one is dead. Raises InvalidEmail,
    EmailTaken, InvalidCredentials, ReauthenticationNeeded, Forbidden; Busy beyond 3 letters an
    hour, of an account or to an address."""

    users: Users
    reauthentication: Reauthentication
    links: Links
    post: Post
    trail: Trail
    transaction: Transaction

    async def __call__(self, actor: Actor, change: EmailChange) -> None:
        address = email(change.new_email)
        async with self.trail.denials("email.change_requested", actor.request_id, actor.user_id):
            await self.reauthentication.require(actor, change.password)
        for identifier in (str(actor.user_id), address):
            await self.links.count(Purpose.EMAIL_CHANGE, identifier)
        if await self.users.by_email(address) is not None:
            raise EmailTaken("this e-mail has an account already")
        async with self.transaction:
            await self._ask(actor, address)

    async def _ask(self, actor: Actor, address: Email) -> None:
        user = await self.users.get(actor.user_id)
        await self.links.revoke(user.id, Purpose.EMAIL_CHANGE)
        link = await self.links.make(Purpose.EMAIL_CHANGE, user, address, session_of(actor))
        await self.post.send(user.id, address, letters.email_change(link))
        await self.trail.done("email.change_requested", user.id, actor.request_id)


@dataclass(frozen=True, slots=True)
class ConfirmEmailChange:
    """Give the account the address that its letter's token proves, and tell the old one. Every
    session ends but the one that asked, and so does every other link. Raises InvalidToken;
    EmailTaken when somebody was faster."""

    users: Users
    sessions: Sessions
    links: Links
    post: Post
    trail: Trail
    clock: Clock
    transaction: Transaction

    async def __call__(self, proof: EmailProof, client: Client) -> None:
        async with self.trail.denials("email.changed", client.request_id), self.transaction:
            token, user = await self.links.use(Purpose.EMAIL_CHANGE, proof.token)
            old, now = user.email, self.clock.now()
            user.email, user.email_verified, user.updated_at = _proven(token.email), True, now
            await self.users.save(user)
            asked_by = self.links.asked_by(token)
            await self.sessions.revoke_all(user.id, now, "email_changed", asked_by)
            await self.links.revoke(user.id, *PAGES)
            await self.post.send(user.id, old, letters.email_changed())
            await self.trail.done("email.changed", user.id, client.request_id)


async def _ask_to_verify(user: User, links: Links, post: Post) -> None:
    """Inside a transaction."""
    if user.email_verified:
        return
    link = await links.make(Purpose.EMAIL_VERIFICATION, user, user.email)
    await post.send(user.id, user.email, letters.email_verification(link))


def _proven(address: Email | None) -> Email:
    if address is None:
        raise InvalidToken("this link or token is not valid any more")
    return address
