from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from application.analytics import exports as analytics
from application.analytics.exports import AnalyticsRecords
from application.conversations import exports as conversations
from application.conversations.exports import ConversationRecords
from application.files import exports as files
from application.files.exports import FileRecords
from application.identity import exports as identity
from application.identity.gate import done
from application.identity.ports import AccountRecords, AuditLog
from application.knowledge import exports as knowledge
from application.knowledge.exports import KnowledgeRecords
from application.mail import exports as mail
from application.mail.exports import MailRecords
from application.models import exports as models
from application.models.exports import ModelRecords
from application.shared.actor import EVERYTHING_OWN, Actor
from application.shared.ports import Clock, Ids, Transaction
from application.shared.records import Record

type Kinds = dict[str, list[Record]]


class AccountExport(Struct, frozen=True):
    """Everything that is kept of a user, by context and kind of thing. What opens the account
    (hashes, keys, tokens) is left out, and so is what can be made again from their files."""

    exported_at: datetime
    identity: Kinds
    files: Kinds
    knowledge: Kinds
    conversations: Kinds
    mail: Kinds
    analytics: Kinds
    models: Kinds


@dataclass(frozen=True, slots=True)
class ExportAccount:
    """Show the caller everything that is kept of them. Whoever asks needs every scope there is
    over one's own things. That it was made stays on record."""

    identity: AccountRecords
    files: FileRecords
    knowledge: KnowledgeRecords
    conversations: ConversationRecords
    mail: MailRecords
    analytics: AnalyticsRecords
    models: ModelRecords
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor) -> AccountExport:
        for scope in sorted(EVERYTHING_OWN):
            actor.require(scope)
        made = AccountExport(
            exported_at=self.clock.now(),
            identity=await identity.export(actor.user_id, self.identity),
            files=await files.export(actor.user_id, self.files),
            knowledge=await knowledge.export(actor.user_id, self.knowledge),
            conversations=await conversations.export(actor.user_id, self.conversations),
            mail=await mail.export(actor.user_id, self.mail),
            analytics=await analytics.export(actor.user_id, self.analytics),
            models=await models.export(actor.user_id, self.models),
        )
        async with self.transaction:
            event = done("export.made", actor, actor.user_id, self.ids, self.clock)
            await self.audit.add(event)
        return made
