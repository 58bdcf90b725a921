from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.analytics.exports import UsageStatus
from application.conversations.ending import EndAttempt, Ended, interrupted
from application.conversations.enriching import Enrichers
from application.conversations.keeping import EndedMeanwhile, Taken
from application.conversations.passages import retrieved
from application.conversations.ports import Conversations, Messages
from application.conversations.quoting import QuoteDocuments, nearest
from application.conversations.task import Task
from application.conversations.usage import LostAttempts, quoted
from application.conversations.writing import NoRoom, WriteAnswer
from application.identity.exports import ConsentRequired
from application.knowledge.exports import Hit, Meaning, Query, SearchIndex, find
from application.models.exports import ChatModels, Outcome, Stage, Trace, Tracers
from application.shared.ports import Clock
from domain.conversations.events import AnswerDue
from domain.conversations.message import EXTRACTIVE, NOT_FOUND, Message, MessageStatus, Notice
from domain.conversations.stream import EventType, Happened
from domain.shared.errors import NotFound

PASSAGES = 10  # that are looked at for an answer
LONGEST_QUERY = 2000  # code points of a question that are searched for


@dataclass(frozen=True, slots=True)
class Tasks:
    """All that making an answer begins with."""

    messages: Messages
    conversations: Conversations
    enrichers: Enrichers
    clock: Clock

    async def of(self, event: AnswerDue) -> Task:
        """Raises NotFound."""
        began, trace = self.clock.now(), Trace(answer_id=event.answer_id, user_id=event.user_id)
        answer = await self.messages.read(event.user_id, event.answer_id)
        question = await self.messages.read(event.user_id, answer.question_id)
        conversation = await self.conversations.read(event.user_id, answer.conversation_id)
        trace.conversation_id, trace.client_trace_id = answer.conversation_id, answer.trace_id
        enrichment = await self.enrichers.enrich(conversation.kind, question)
        return Task(conversation, question, answer, enrichment, trace, began)


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """Follows AnswerDue: finds passages of the owner's documents and has a model write from them;
    without a model, or a consent to ask it, answers with at most three of their sentences, or says
    that nothing answers. What had begun to be written when its worker died ends as it is."""

    tasks: Tasks
    models: ChatModels
    index: SearchIndex
    meaning: Meaning
    write: WriteAnswer
    quote: QuoteDocuments
    end: EndAttempt
    lost: LostAttempts
    tracers: Tracers

    async def __call__(self, event: AnswerDue) -> None:
        try:
            task = await self.tasks.of(event)
        except NotFound:
            await self.lost.cancel(event.user_id, event.answer_id)  # deleted meanwhile
            return
        if task.answer.status.terminal:
            await self.lost.settle(task.answer, task.conversation.origin)
        elif task.answer.status is MessageStatus.STREAMING:
            _trace(self.tracers, task, await self._give_up(task))
        else:
            _trace(self.tracers, task, await self._answer(task))

    async def _give_up(self, task: Task) -> Ended:
        usage = await self.lost.of(task.answer, task.conversation.origin, UsageStatus.ERROR)
        return await self.end(task.answer, interrupted, usage)

    async def _answer(self, task: Task) -> Ended | None:
        """None when somebody else has ended it, or will."""
        asks_model = bool(self.models.providers) and task.answer.model != EXTRACTIVE
        with task.trace.stage(Stage.RETRIEVE):
            needed = task.manner.retrieval or not asks_model
            hits = await self._found(task.question) if needed else []
        if not asks_model or (needed and not hits):
            return await self._quote(task, hits, retrieved(hits))
        try:
            return await self.write(task, hits)
        except NoRoom:
            return await self._quote(task, hits, retrieved(hits))
        except ConsentRequired:
            hits = hits or await self._found(task.question)
            return await self._quote(task, hits, notice=Notice.CONSENT_REQUIRED)
        except EndedMeanwhile:
            await self.lost.settle(task.answer, task.conversation.origin)
        except Taken:
            pass
        return None

    async def _found(self, question: Message) -> list[Hit]:
        ids: list[UUID] = list(question.document_ids)
        query = Query(question.content[:LONGEST_QUERY], document_ids=ids or None, limit=PASSAGES)
        return (await find(question.user_id, query, self.index, self.meaning)).hits

    async def _quote(
        self,
        task: Task,
        hits: list[Hit],
        *told: Happened,
        notice: Notice | None = None,
    ) -> Ended:
        citations = await self.quote(task.question, hits)

        def end(answer: Message, at: datetime) -> None:
            task.enrich(answer, notice)
            if citations:
                answer.answer(citations, at)
            else:
                answer.find_nothing(nearest(hits), at)

        text = "\n".join(citation.quote for citation in citations) or NOT_FOUND
        usage = quoted(task.answer, task.conversation.origin, task.began, task.passed_ms)
        with task.trace.stage(Stage.PERSIST):
            return await self.end(
                task.answer, end, usage, *told, Happened(EventType.DELTA, {"text": text})
            )


@dataclass(frozen=True, slots=True)
class FailAnswer:
    """When answering has failed for the last time, the answer says so."""

    tasks: Tasks
    end: EndAttempt
    lost: LostAttempts
    tracers: Tracers

    async def __call__(self, event: AnswerDue) -> None:
        try:
            task = await self.tasks.of(event)
        except NotFound:
            await self.lost.cancel(event.user_id, event.answer_id)
            return
        usage = await self.lost.of(task.answer, task.conversation.origin, UsageStatus.ERROR)
        _trace(self.tracers, task, await self.end(task.answer, _failed, usage))


def _trace(tracers: Tracers, task: Task, ended: Ended | None) -> None:
    if ended is not None and (answer := ended.answer) is not None:
        outcome = Outcome(
            status=answer.status,
            mode=answer.mode,
            question=task.question.content,
            answer=answer.content,
            usage=ended.usage,
            cost=ended.cost,
            error_code=answer.error_code,
        )
        tracers.finish(task.trace, outcome)


def _failed(answer: Message, at: datetime) -> None:
    answer.fail("internal", "we could not answer; ask again", at)
