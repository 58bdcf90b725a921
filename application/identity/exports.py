"""What other contexts may do with accounts: ask what a user allows, show them what is kept of them,
and forget it; let administrators pass, and keep what they did."""

from application.identity.gate import AdminGate
from application.identity.ports import AccountRecords, AuditLog, Consents
from application.shared.records import Record
from domain.identity.audit import AuditEvent
from domain.identity.consent import ConsentRequired
from domain.identity.consent import Purpose as ConsentPurpose
from domain.shared.ids import UserId

__all__ = [
    "AccountRecords",
    "AdminGate",
    "AuditEvent",
    "AuditLog",
    "ConsentPurpose",
    "ConsentRequired",
    "Consents",
    "erase",
    "export",
    "has_consent",
    "require_consent",
]


async def export(user_id: UserId, records: AccountRecords) -> dict[str, list[Record]]:
    """The account, how it is entered (without what enters it), its consents, what it did."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: AccountRecords) -> None:
    """Inside a transaction: all but the account itself."""
    await records.erase(user_id)


async def has_consent(user_id: UserId, purpose: ConsentPurpose, consents: Consents) -> bool:
    """Whether the user allows this at present, as it is told at present."""
    consent = await consents.one(user_id, purpose)
    return consent is not None and consent.holds


async def require_consent(user_id: UserId, purpose: ConsentPurpose, consents: Consents) -> None:
    """Raises ConsentRequired, unless the user allows this at present."""
    if not await has_consent(user_id, purpose, consents):
        raise ConsentRequired(f"this needs your consent to {purpose}")
