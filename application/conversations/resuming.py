"""Answers whose jobs are lost, with a queue that was emptied for instance: nobody would ever end them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from application.shared.ports import Clock, Ids, Outbox, Transaction
from domain.conversations.conversation import MessageId
from domain.conversations.events import AnswerDue
from domain.shared.ids import UserId

GRACE = timedelta(minutes=10)  # whoever makes an answer without a job may still end it
AT_ONCE = 1000  # the rest, when the schedule runs again


class LostAnswers(Protocol):
    async def find(self, before: datetime, limit: int) -> list[tuple[UserId, MessageId]]:
        """Everybody's answers of before then that have not ended, that no job is there for, and
        that wait for no other answer, whose end would set them going: the oldest."""
        ...


@dataclass(frozen=True, slots=True)
class ResumeAnswers:
    """Run by a schedule: have them made after all. One that had begun ends as it is."""

    lost: LostAnswers
    clock: Clock
    ids: Ids
    outbox: Outbox
    transaction: Transaction

    async def __call__(self) -> int:
        """How many there were."""
        found = await self.lost.find(self.clock.now() - GRACE, AT_ONCE)
        async with self.transaction:
            for owner, answer_id in found:
                await self.outbox.publish(AnswerDue(self.ids.next(), owner, answer_id))
        return len(found)
