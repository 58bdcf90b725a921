"""What other contexts may do with models: build a prompt, ask a model through the only door there is,
and check what it cites."""

from application.models.dispatch import Call, Dispatch, Order
from application.models.ports import ChatModels, EgressLedger, ModelRecords
from application.models.tracing import Outcome, Stage, Trace, Tracers
from application.shared.records import Record
from domain.models.chat import (
    ANSWER,
    CHARACTERS,
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
from domain.models.citing import Checked, Cited, check_citations
from domain.models.errors import ModelFailed, ModelNotAllowed, NoModel
from domain.models.prompt import Prompt, Source, build_prompt
from domain.models.quoting import Verified
from domain.shared.ids import UserId

__all__ = [
    "ANSWER",
    "CHARACTERS",
    "Call",
    "ChatEvent",
    "ChatMessage",
    "ChatModels",
    "ChatRequest",
    "Checked",
    "Cited",
    "Delta",
    "Dispatch",
    "EgressLedger",
    "FinishReason",
    "Finished",
    "ModelFailed",
    "ModelNotAllowed",
    "ModelRecords",
    "NoModel",
    "Order",
    "Outcome",
    "Prompt",
    "Role",
    "Source",
    "Stage",
    "Started",
    "Trace",
    "Tracers",
    "Usage",
    "Verified",
    "build_prompt",
    "check_citations",
    "erase",
    "export",
]


async def export(user_id: UserId, records: ModelRecords) -> dict[str, list[Record]]:
    """What left this machine for them."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: ModelRecords) -> None:
    """Inside a transaction. The ledger only grows, and goes with the account."""
    await records.erase(user_id)
