from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct

from application.conversations.ports import Messages
from application.conversations.views import MessageView, message_view
from application.models.exports import Tracers
from application.shared.actor import Actor, Scope
from application.shared.ports import Transaction
from application.shared.text import Text
from domain.conversations.conversation import MessageId
from domain.conversations.message import AnswerNotEnded, Rating

_SCORES = {Rating.UP: 1.0, Rating.DOWN: 0.0}


class Feedback(Struct, frozen=True, forbid_unknown_fields=True):
    """What you think of an answer."""

    rating: Rating
    comment: Annotated[Text, Meta(max_length=2000)] | None = None


@dataclass(frozen=True, slots=True)
class RateAnswer:
    """Keep what somebody thinks of an answer; the last time counts. Raises NotFound, NotAnAnswer,
    AnswerNotEnded."""

    messages: Messages
    tracers: Tracers
    transaction: Transaction

    async def __call__(self, actor: Actor, answer_id: MessageId, feedback: Feedback) -> MessageView:
        actor.require(Scope.CHAT)
        async with self.transaction:
            answer = await self.messages.get(actor.user_id, answer_id)
            answer.check_answer()
            if not answer.status.terminal:
                raise AnswerNotEnded("the answer is still being made")
            answer.rating, answer.comment = feedback.rating, feedback.comment
            await self.messages.save(answer)
        self.tracers.score(answer.id, "feedback", _SCORES[feedback.rating])
        return message_view(answer)
