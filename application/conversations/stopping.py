from dataclasses import dataclass
from datetime import datetime

from application.conversations.ending import Ending
from application.conversations.ports import Messages
from application.conversations.views import MessageView, message_view
from application.shared.actor import Actor, Scope
from application.shared.ports import Signals, Transaction
from domain.conversations.conversation import MessageId
from domain.conversations.message import Message, MessageStatus


@dataclass(frozen=True, slots=True)
class Stopping:
    """Ends an answer at its owner's word, inside a transaction: no worker adds to what has ended.
    The one that makes it closes the provider's stream and has it charged."""

    ending: Ending
    signals: Signals

    async def stop(self, answer: Message) -> None:
        """The answer is locked, and has not ended."""
        await self.ending.end(answer, _stop)
        await self.signals.send(answer.stopping)


@dataclass(frozen=True, slots=True)
class StopAnswer:
    """End an answer as it is. One that has ended stays. Raises NotFound, NotAnAnswer."""

    stopping: Stopping
    messages: Messages
    transaction: Transaction

    async def __call__(self, actor: Actor, answer_id: MessageId) -> MessageView:
        actor.require(Scope.CHAT)
        async with self.transaction:
            answer = await self.messages.get(actor.user_id, answer_id)
            answer.check_answer()
            if not answer.status.terminal:
                await self.stopping.stop(answer)
        return message_view(answer)


def _stop(answer: Message, at: datetime) -> None:
    answer.end(MessageStatus.STOPPED, at)
