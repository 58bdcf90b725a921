from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from application.identity.ports import Passwords, Users
from application.identity.views import UserView, user_view
from application.shared.ports import Clock, Ids, Outbox, Secrets, Transaction
from application.shared.text import Text
from domain.identity.events import UserRegistered
from domain.identity.user import Password, User, email, locale, timezone
from domain.shared.ids import UserId


class Registration(Struct, frozen=True, forbid_unknown_fields=True):
    """What a new account says of itself. A password has 8 to 128 characters, and is not a
    common one."""

    email: Text
    password: Text
    display_name: Annotated[Text, Meta(min_length=2, max_length=100)] | None = None
    full_name: Annotated[Text, Meta(min_length=1, max_length=255)] | None = None
    organization: Annotated[Text, Meta(max_length=255)] | None = None
    role: Annotated[Text, Meta(max_length=100)] | None = None
    timezone: Annotated[Text, Meta(max_length=50)] = "UTC"
    locale: Annotated[Text, Meta(max_length=35)] = "en-US"


@dataclass(frozen=True, slots=True)
class RegisterUser:
    """Open an account; an administrator's with a verified address, for the operator vouches for it.
    Raises InvalidEmail, InvalidTimezone, InvalidLocale, WeakPassword, EmailTaken."""

    users: Users
    passwords: Passwords
    clock: Clock
    ids: Ids
    secrets: Secrets
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, registration: Registration, *, is_admin: bool = False) -> UserView:
        user = account(registration, self.clock.now(), self.ids, self.secrets)
        password = Password.chosen_by(user.email, registration.password)
        user.password = await self.passwords.hash(password)
        user.is_admin = user.email_verified = is_admin
        async with self.transaction:
            await self.users.add(user)
            await self.outbox.publish(UserRegistered(self.ids.next(), user.id))
        return user_view(user, user.created_at)


def account(registration: Registration, at: datetime, ids: Ids, secrets: Secrets) -> User:
    """What a registration opens, still without a password. Raises InvalidEmail, InvalidTimezone,
    InvalidLocale."""
    return User(
        id=UserId(ids.next()),
        email=email(registration.email),
        password=None,
        display_name=registration.display_name,
        full_name=registration.full_name,
        timezone=timezone(registration.timezone),
        locale=locale(registration.locale),
        organization=registration.organization,
        role=registration.role,
        anonymous_id=secrets.token().hex(),
        created_at=at,
        updated_at=at,
    )
