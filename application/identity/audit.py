from dataclasses import dataclass

from application.identity.gate import AdminGate
from application.identity.ports import AuditReader
from application.identity.views import AuditFilter, AuditPage, AuditPageRequest
from application.shared.actor import Actor
from domain.identity.audit import Entry, first_broken

BATCH = 1000


@dataclass(frozen=True, slots=True)
class ListAudit:
    """Part of the audit log, newest first."""

    gate: AdminGate
    reader: AuditReader

    async def __call__(
        self, actor: Actor, wanted: AuditFilter, request: AuditPageRequest
    ) -> AuditPage:
        await self.gate(actor)
        return await self.reader.page(wanted, request)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken` is the first entry that does not follow from the `sound` ones before it."""

    sound: int
    broken: Entry | None = None


@dataclass(frozen=True, slots=True)
class VerifyAudit:
    """Make every hash of the log again. An entry that was changed, slipped in or taken out shows;
    the newest ones cut off, with nothing after them, do not."""

    reader: AuditReader

    async def __call__(self) -> Verdict:
        last: Entry | None = None
        while entries := await self.reader.entries(last.number if last else 0, BATCH):
            if broken := first_broken(last, entries):
                return Verdict(entries.index(broken) + (last.number if last else 0), broken)
            last = entries[-1]
        return Verdict(last.number if last else 0)
