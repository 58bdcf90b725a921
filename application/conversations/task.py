from dataclasses import dataclass
from datetime import datetime

from application.conversations.enriching import Enrichment
from application.models.exports import Trace
from domain.conversations.conversation import Conversation
from domain.conversations.kinds import MANNERS, Manner
from domain.conversations.message import Message, Notice


@dataclass(frozen=True, slots=True)
class Task:
    """An answer that is to be made, since `began`, when its trace did."""

    conversation: Conversation
    question: Message
    answer: Message
    enrichment: Enrichment
    trace: Trace
    began: datetime

    @property
    def passed_ms(self) -> int:
        return self.trace.passed_ms

    @property
    def manner(self) -> Manner:
        return MANNERS[self.conversation.kind]

    def enrich(self, answer: Message, notice: Notice | None = None) -> None:
        """What goes with the answer, whoever makes it."""
        answer.support, answer.notice = self.enrichment.support, notice
