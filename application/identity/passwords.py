from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from application.identity import letters
from application.identity.links import Links, LinkToken
from application.identity.ports import Passwords, Sessions, Users
from application.identity.reauthentication import Reauthentication, session_of
from application.identity.trail import Trail
from application.mail.exports import Post
from application.shared.actor import Actor, Client
from application.shared.ports import Clock, Ids, Outbox, Transaction
from application.shared.text import Text
from domain.identity.events import PasswordResetRequested
from domain.identity.one_time_token import Purpose
from domain.identity.user import (
    Email,
    InvalidCredentials,
    InvalidEmail,
    Password,
    PasswordHash,
    User,
    email,
)
from domain.shared.errors import Busy, NotFound, Unavailable
from domain.shared.ids import UserId


class Forgotten(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose password is lost."""

    email: Annotated[Text, Meta(max_length=1024)]


class PasswordReset(Struct, frozen=True, forbid_unknown_fields=True):
    """`token`: what follows `#token=` in the letter's link. A password has 8 to 128 characters."""

    token: LinkToken
    new_password: Text


class PasswordChange(Struct, frozen=True, forbid_unknown_fields=True):
    """A password has 8 to 128 characters."""

    current_password: Annotated[Text, Meta(max_length=1024)]
    new_password: Text


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    """Never tells whether an address has an account: with one or without, it is one look and one
    job, and the job finds out. Beyond 3 an hour for an address nothing is sent, and not told."""

    users: Users
    links: Links
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, forgotten: Forgotten) -> None:
        address = await self._counted(forgotten.email)
        if address is None:
            return
        user = await self.users.by_email(address)
        user_id = user.id if user else UserId(self.ids.next())
        async with self.transaction:
            await self.outbox.publish(PasswordResetRequested(self.ids.next(), user_id))

    async def _counted(self, text: str) -> Email | None:
        try:
            address = email(text)
            await self.links.count(Purpose.PASSWORD_RESET, address)
        except Unavailable:
            raise
        except (InvalidEmail, Busy):
            return None
        return address


@dataclass(frozen=True, slots=True)
class SendPasswordReset:
    """Follows PasswordResetRequested: writes to an account that is active. Delivered twice, it
    writes twice; both links work."""

    users: Users
    links: Links
    post: Post
    trail: Trail
    transaction: Transaction

    async def __call__(self, event: PasswordResetRequested) -> None:
        async with self.transaction:
            try:
                user = await self.users.get(event.user_id)
            except NotFound:
                return  # nobody has that address
            if not user.is_active:
                return
            link = await self.links.make(Purpose.PASSWORD_RESET, user, user.email)
            await self.post.send(user.id, user.email, letters.password_reset(link))
            await self.trail.done("password.reset_requested", user.id)


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Choose a new password with a letter's token, which proves the account's e-mail as well. Every
    session ends, and every other link to a password or an e-mail. Raises InvalidToken,
    WeakPassword."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    links: Links
    trail: Trail
    clock: Clock
    transaction: Transaction

    async def __call__(self, reset: PasswordReset, client: Client) -> None:
        async with self.trail.denials("password.reset", client.request_id):
            owner = await self.links.check(Purpose.PASSWORD_RESET, reset.token)
            password = Password.chosen_by(owner, reset.new_password)
            hashed = await self.passwords.hash(password)
            async with self.transaction:
                await self._reset(reset.token, hashed, client)

    async def _reset(self, token: str, hashed: PasswordHash, client: Client) -> None:
        _, user = await self.links.use(Purpose.PASSWORD_RESET, token)
        now = self.clock.now()
        user.password, user.email_verified, user.updated_at = hashed, True, now
        await self.users.save(user)
        await self.sessions.revoke_all(user.id, now, "password_reset")
        await self.links.revoke(user.id, Purpose.PASSWORD_RESET, Purpose.EMAIL_CHANGE)
        await self.trail.done("password.reset", user.id, client.request_id)


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Choose a new password. Every other session ends, and every link to a password or an e-mail.
    Raises InvalidCredentials for a wrong current password, WeakPassword, Forbidden."""

    users: Users
    sessions: Sessions
    passwords: Passwords
    reauthentication: Reauthentication
    links: Links
    trail: Trail
    clock: Clock
    transaction: Transaction

    async def __call__(self, actor: Actor, change: PasswordChange) -> None:
        session_id = session_of(actor)
        async with self.trail.denials("password.changed", actor.request_id, actor.user_id):
            known = await self.reauthentication.by_password(actor, change.current_password)
            password = Password.chosen_by(known.email, change.new_password)
            hashed = await self.passwords.hash(password)
            async with self.transaction:
                user = await self._unchanged(known)
                now = self.clock.now()
                user.password, user.updated_at = hashed, now
                await self.users.save(user)
                await self.sessions.revoke_all(user.id, now, "password_changed", session_id)
                await self.links.revoke(user.id, Purpose.PASSWORD_RESET, Purpose.EMAIL_CHANGE)
                await self.trail.done("password.changed", user.id, actor.request_id)

    async def _unchanged(self, known: User) -> User:
        """Two who change it at once with the same current password: the second one's is wrong."""
        user = await self.users.get(known.id)
        if user.password != known.password:
            raise InvalidCredentials("the password is wrong")
        return user
