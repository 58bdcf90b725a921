"""What other contexts may do with accounts: show a user what is kept of them, and forget it; let
administrators pass, and keep what they did."""

from application.identity.gate import AdminGate
from application.identity.ports import AccountRecords, AuditLog
from application.shared.records import Record
from domain.identity.audit import AuditEvent
from domain.shared.ids import UserId

__all__ = ["AccountRecords", "AdminGate", "AuditEvent", "AuditLog", "erase", "export"]


async def export(user_id: UserId, records: AccountRecords) -> dict[str, list[Record]]:
    """The account, how it is entered (without what enters it), its consents, what it did."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: AccountRecords) -> None:
    """Inside a transaction: all but the account itself."""
    await records.erase(user_id)
