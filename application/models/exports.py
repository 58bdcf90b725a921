"""What other contexts may do with models: ask one, through the only door there is."""

from application.models.dispatch import Call, Dispatch, Order
from application.models.ports import ChatModels, ModelRecords
from application.shared.records import Record
from domain.models.chat import (
    ChatEvent,
    ChatMessage,
    ChatRequest,
    Delta,
    Finished,
    FinishReason,
    Role,
    Started,
    Usage,
)
from domain.models.errors import ModelFailed, ModelNotAllowed, NoModel
from domain.shared.ids import UserId

__all__ = [
    "Call",
    "ChatEvent",
    "ChatMessage",
    "ChatModels",
    "ChatRequest",
    "Delta",
    "Dispatch",
    "FinishReason",
    "Finished",
    "ModelFailed",
    "ModelNotAllowed",
    "ModelRecords",
    "NoModel",
    "Order",
    "Role",
    "Started",
    "Usage",
    "erase",
    "export",
]


async def export(user_id: UserId, records: ModelRecords) -> dict[str, list[Record]]:
    """What left this machine for them."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: ModelRecords) -> None:
    """Inside a transaction. The ledger only grows, and goes with the account."""
    await records.erase(user_id)
