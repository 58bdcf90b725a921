"""How accounts end: out of sight at once, gone for good after 30 days."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from application.analytics import exports as analytics
from application.analytics.exports import AnalyticsRecords
from application.conversations import exports as conversations
from application.conversations.exports import ConversationRecords
from application.files import exports as files
from application.files.exports import FileRecords
from application.identity import exports as identity
from application.identity.gate import done
from application.identity.ports import AccountRecords, AuditLog, Credentials, Users
from application.identity.reauthentication import Reauthentication
from application.knowledge import exports as knowledge
from application.knowledge.exports import KnowledgeRecords
from application.mail import exports as mail
from application.mail.exports import MailRecords
from application.models import exports as models
from application.models.exports import ModelRecords
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Outbox, Transaction
from application.shared.text import Text
from domain.identity.administration import keep_an_admin
from domain.identity.audit import AuditEvent
from domain.identity.user import RESTORABLE
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

BATCH = 100  # accounts of one run


class Farewell(Struct, frozen=True, forbid_unknown_fields=True):
    """Shows that it is really the owner who goes; a session younger than 5 minutes does, too."""

    password: Annotated[Text, Meta(max_length=1024)] | None = None


@dataclass(frozen=True, slots=True)
class DeleteAccount:
    """Delete one's own account: it is signed out everywhere and its e-mail is free at once; what it
    held goes after 30 days. Raises ReauthenticationNeeded, InvalidCredentials, Busy, LastAdmin."""

    reauthentication: Reauthentication
    users: Users
    credentials: Credentials
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, farewell: Farewell) -> None:
        actor.require(Scope.PROFILE)
        await self.reauthentication.require(actor, farewell.password)
        async with self.transaction:
            await delete(actor.user_id, self.users, self.credentials, self.clock.now())
            event = done("account.deleted", actor, actor.user_id, self.ids, self.clock)
            await self.audit.add(event)


@dataclass(frozen=True, slots=True)
class PurgeAccounts:
    """Remove the accounts that were deleted 30 days ago, with everything of theirs. Run by a
    schedule; one that fails does not keep the others, and is tried again by the next run."""

    users: Users
    conversations: ConversationRecords
    knowledge: KnowledgeRecords
    files: FileRecords
    mail: MailRecords
    analytics: AnalyticsRecords
    models: ModelRecords
    identity: AccountRecords
    audit: AuditLog
    clock: Clock
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self) -> int:
        """How many went."""
        horizon = self.clock.now() - RESTORABLE
        due = await self.users.deleted_before(horizon, BATCH)
        failures = []
        for user_id in due:
            try:
                await self._purge(user_id)
            except NotFound:
                continue  # another worker was faster
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("accounts that could not be purged", failures)
        return len(due)

    async def _purge(self, user_id: UserId) -> None:
        async with self.transaction:
            user = await self.users.deleted(user_id)  # another worker waits here
            if user.restorable(self.clock.now()):
                return
            await conversations.erase(user_id, self.conversations)
            await knowledge.erase(user_id, self.knowledge)
            await files.erase(user_id, self.files, self.outbox, self.ids)
            await mail.erase(user_id, self.mail)
            await analytics.erase(user_id, self.analytics)
            await models.erase(user_id, self.models)
            await identity.erase(user_id, self.identity)
            await self.users.remove(user_id)
            await self.audit.add(
                AuditEvent(
                    id=self.ids.next(),
                    at=self.clock.now(),
                    action="account.purged",
                    object_type="user",
                    object_id=user_id,
                )
            )


async def delete(user_id: UserId, users: Users, credentials: Credentials, at: datetime) -> None:
    """Inside a transaction: the account goes out of sight, and nothing opens it any more. Raises
    NotFound, LastAdmin."""
    admins = await users.admins()
    user = await users.get(user_id)
    keep_an_admin(user_id, admins)
    user.delete(at)
    await users.save(user)
    await credentials.revoke(user_id, at, "account_deleted")
