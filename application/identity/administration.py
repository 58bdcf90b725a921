from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from application.identity.deletion import delete
from application.identity.gate import AdminGate, done
from application.identity.ports import AuditLog, Credentials, Passwords, UserReader, Users
from application.identity.profile import ProfileChange
from application.identity.users import Registration, account
from application.identity.views import AccountView, UserFilter, account_view
from application.shared.actor import Actor, Scope
from application.shared.page import Listing, Paging
from application.shared.patch import given
from application.shared.ports import Clock, Ids, Outbox, Secrets, Transaction
from application.shared.text import Text
from domain.identity.administration import (
    CannotDeleteSelf,
    keep_an_admin,
    refuse_own,
    takes_power,
)
from domain.identity.events import UserRegistered
from domain.identity.profile import checked
from domain.identity.user import Password, User, email
from domain.shared.ids import UserId


class NewUser(Registration, frozen=True, forbid_unknown_fields=True):
    """An account that an administrator opens for somebody."""

    email_verified: bool = False
    is_active: bool = True
    is_admin: bool = False


class AccountChange(ProfileChange, frozen=True, forbid_unknown_fields=True):
    """A ProfileChange, and what only administrators may change. A new e-mail counts as unverified
    unless it is said to be verified."""

    email: Text | UnsetType = UNSET
    email_verified: bool | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    is_admin: bool | UnsetType = UNSET
    subscription_tier: Annotated[Text, Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    subscription_expires_at: Annotated[datetime, Meta(tz=True)] | UnsetType | None = UNSET


PRIVILEGES = frozenset(AccountChange.__struct_fields__) - {*ProfileChange.__struct_fields__}


@dataclass(frozen=True, slots=True)
class ListUsers:
    """Part of all accounts."""

    gate: AdminGate
    reader: UserReader

    async def __call__(
        self, actor: Actor, wanted: UserFilter, paging: Paging
    ) -> Listing[AccountView]:
        await self.gate(actor)
        return await self.reader.page(wanted, paging)


@dataclass(frozen=True, slots=True)
class ShowUser:
    """One's own account, or, for an administrator, anybody's. Raises NotFound."""

    gate: AdminGate
    reader: UserReader

    async def __call__(self, actor: Actor, user_id: UserId) -> AccountView:
        if user_id == actor.user_id:
            actor.require(Scope.PROFILE)
        else:
            await self.gate(actor, user_id)
        return await self.reader.one(user_id)


@dataclass(frozen=True, slots=True)
class CreateUser:
    """Open an account for somebody. Raises what RegisterUser raises."""

    gate: AdminGate
    users: Users
    passwords: Passwords
    audit: AuditLog
    clock: Clock
    ids: Ids
    secrets: Secrets
    outbox: Outbox
    transaction: Transaction

    async def __call__(self, actor: Actor, new: NewUser) -> AccountView:
        await self.gate(actor)
        user = account(new, self.clock.now(), self.ids, self.secrets)
        user.password = await self.passwords.hash(Password.chosen_by(user.email, new.password))
        user.email_verified, user.is_active = new.email_verified, new.is_active
        user.is_admin = new.is_admin
        async with self.transaction:
            await self.users.add(user)
            await self.outbox.publish(UserRegistered(self.ids.next(), user.id))
            await self.audit.add(done("user.created", actor, user.id, self.ids, self.clock))
        return account_view(user, user.created_at)


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """Change an account: one's own profile, or, for an administrator, anything of anybody's. Who
    loses power, or gets another e-mail, is signed out everywhere. Raises NotFound, EmailTaken,
    CannotDemoteSelf, CannotDeactivateSelf, LastAdmin, and what UpdateProfile raises."""

    gate: AdminGate
    users: Users
    credentials: Credentials
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, user_id: UserId, change: AccountChange) -> AccountView:
        said = given(change)
        await self._admit(actor, user_id, said)
        changes, now = _checked(said), self.clock.now()
        async with self.transaction:
            admins = await self.users.admins() if takes_power(changes) else []
            user = await self.users.get(user_id)
            if takes_power(changes):
                keep_an_admin(user_id, admins)
            actions, shut = _actions(user, changes), _shuts_out(user, changes)
            user.revise(changes, now)
            await self.users.save(user)
            if shut:
                await self.credentials.revoke(user_id, now, "changed_by_admin")
            for action in actions:
                await self.audit.add(done(action, actor, user_id, self.ids, self.clock))
        return account_view(user, now)

    async def _admit(self, actor: Actor, user_id: UserId, said: Mapping[str, Any]) -> None:
        if user_id != actor.user_id or PRIVILEGES & said.keys():
            await self.gate(actor, user_id)
        else:
            actor.require(Scope.PROFILE)
        if user_id == actor.user_id:
            refuse_own(said)


@dataclass(frozen=True, slots=True)
class DeleteUser:
    """Delete somebody's account: it is signed out everywhere, its e-mail is free, and for 30 days it
    can be restored. Raises NotFound, CannotDeleteSelf, LastAdmin."""

    gate: AdminGate
    users: Users
    credentials: Credentials
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, user_id: UserId) -> None:
        await self.gate(actor, user_id)
        if user_id == actor.user_id:
            raise CannotDeleteSelf("one's own account is deleted at /users/me")
        now = self.clock.now()
        async with self.transaction:
            await delete(user_id, self.users, self.credentials, now)
            await self.audit.add(done("user.deleted", actor, user_id, self.ids, self.clock))


@dataclass(frozen=True, slots=True)
class RestoreUser:
    """Bring a deleted account back; it has to sign in anew. Raises NotFound, EmailTaken,
    RestoreExpired."""

    gate: AdminGate
    users: Users
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, user_id: UserId) -> AccountView:
        await self.gate(actor, user_id)
        now = self.clock.now()
        async with self.transaction:
            user = await self.users.deleted(user_id)
            user.restore(now)
            await self.users.save(user)
            await self.audit.add(done("user.restored", actor, user_id, self.ids, self.clock))
        return account_view(user, now)


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    changes = checked(said)
    if "email" in changes:
        changes["email"] = email(changes["email"])
        changes.setdefault("email_verified", False)
    return changes


def _actions(user: User, changes: Mapping[str, Any]) -> list[str]:
    """A name for each thing that is done to `user`: the log keeps no values."""
    named = {
        "is_admin": ("user.demoted", "user.promoted"),
        "is_active": ("user.deactivated", "user.activated"),
    }
    changed = {name for name, value in changes.items() if getattr(user, name) != value}
    actions = [named[name][changes[name]] for name in named if name in changed]
    if "email" in changed:
        actions.append("user.email_changed")
    return actions + (["user.changed"] if changed - {*named, "email"} else [])


def _shuts_out(user: User, changes: Mapping[str, Any]) -> bool:
    demoted = user.is_admin and changes.get("is_admin") is False
    moved = changes.get("email", user.email) != user.email
    return demoted or moved or changes.get("is_active") is False
