"""Answering with a model."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from application.analytics.exports import Feature, UsageEvent
from application.conversations.ending import End, EndAttempt, Ended, interrupted
from application.conversations.keeping import (
    Draft,
    EndedMeanwhile,
    KeepText,
    patiently,
    require_pending,
)
from application.conversations.passages import checked, retrieved
from application.conversations.ports import Endings, MessageEvents, Messages
from application.conversations.task import Task
from application.identity.exports import ConsentPurpose
from application.knowledge.exports import Hit
from application.models.exports import (
    ANSWER,
    Call,
    ChatMessage,
    ChatModels,
    ChatRequest,
    Dispatch,
    FinishReason,
    ModelFailed,
    Order,
    Role,
    Source,
    Stage,
    build_prompt,
    check_citations,
)
from application.shared.ports import Clock, Listener, Transaction
from domain.conversations.message import FinishReason as Finish
from domain.conversations.message import Message, MessageStatus
from domain.conversations.message import Role as MessageRole

POLL = 15.0  # seconds: a signal may be lost
HISTORY = 40  # messages that are looked at


class NoRoom(Exception):
    """None of the passages fits into what the model can read, beside the question."""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """Has a model write an answer, keeps what it writes as it comes, and checks what it cites. Breaks
    off as soon as somebody else ends the answer. Raises, before a word, ConsentRequired and NoRoom,
    EndedMeanwhile when there is nothing to write any more, and Taken."""

    models: ChatModels
    dispatch: Dispatch
    messages: Messages
    events: MessageEvents
    endings: Endings
    keep: KeepText
    end: EndAttempt
    clock: Clock
    listener: Listener
    transaction: Transaction

    async def __call__(self, task: Task, hits: Sequence[Hit]) -> Ended:
        with task.trace.stage(Stage.PROMPT):
            order, given = await self._order(task, hits)
        await self._tell(task.answer, given)
        before = task.passed_ms
        async with self.dispatch(order) as call:
            end = await self._made(task, call, given)
        usage = _from_the_start(call.usage(), before, task)
        with task.trace.stage(Stage.PERSIST):
            return await patiently(lambda: self.end(task.answer, end, usage))

    async def _order(self, task: Task, hits: Sequence[Hit]) -> tuple[Order, Sequence[Hit]]:
        """What is asked of the model, and the passages that have found room in it."""
        said = await self._said(task.question)
        prompt = build_prompt(
            "\n\n".join(filter(None, [task.manner.instructions, task.enrichment.instructions])),
            [ChatMessage(Role(one.role), one.content) for one in said],
            [Source(hit.document_title, hit.page, hit.text) for hit in hits],
            task.question.content,
            context=self.models.context,
            answer=ANSWER,
        )
        given = hits[: prompt.sources]
        if hits and not given:
            raise NoRoom
        answer = task.answer
        order = Order(
            attempt_id=answer.id,
            user_id=answer.user_id,
            feature=Feature(task.conversation.origin),
            purpose=ConsentPurpose.AI_EXTERNAL_DOCUMENTS,
            request=ChatRequest(messages=prompt.messages, model=answer.model),
            sources=_sources(task, given, said),
            conversation_id=answer.conversation_id,
            message_id=answer.id,
            queue_ms=max(0, round((task.began - answer.created_at).total_seconds() * 1000)),
        )
        return order, given

    async def _said(self, question: Message) -> list[Message]:
        """What was said on this branch, without answers that came to nothing."""
        if question.parent_id is None:
            return []
        branch = await self.messages.branch(question.user_id, question.parent_id, HISTORY)
        return [one for one in branch if one.content and one.status is not MessageStatus.FAILED]

    async def _tell(self, made: Message, given: Sequence[Hit]) -> None:
        """Whoever watches sees the sources before the first word. Nothing is asked of anybody for an
        answer that is not to be written any more."""
        async with self.transaction:
            await require_pending(self.messages, made)
            told = [retrieved(given)]
            await self.events.append(made.user_id, made.id, told, self.clock.now())

    async def _made(self, task: Task, call: Call, given: Sequence[Hit]) -> End:
        """How the answer ends."""
        try:
            with task.trace.stage(Stage.CALL):
                text = await self._written(Draft(task.answer, call, given))
        except ModelFailed as failure:
            return _failed(task, failure)
        except EndedMeanwhile:
            return interrupted
        with task.trace.stage(Stage.VERIFY):
            return _complete(task, text, given, call.reason)

    async def _written(self, draft: Draft) -> str:
        answer = draft.answer
        with self.listener.listening(answer.stopping) as told:
            writing = asyncio.create_task(self.keep(draft))
            watching = asyncio.create_task(self._until_ended(answer, told))
            try:
                await asyncio.wait({writing, watching}, return_when=asyncio.FIRST_COMPLETED)
                if writing.done():
                    return writing.result()
                watching.result()
                raise EndedMeanwhile
            finally:
                await _cancel(writing, watching)

    async def _until_ended(self, answer: Message, told: asyncio.Event) -> None:
        while not await patiently(lambda: self.endings.ended(answer.user_id, answer.id)):
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await told.wait()
            told.clear()


def _sources(task: Task, given: Sequence[Hit], said: Sequence[Message]) -> tuple[UUID, ...]:
    """What of the user's is in the messages: documents, and answers that were made of documents."""
    made = [
        one.id
        for one in said
        if one.role is MessageRole.ASSISTANT and (task.manner.retrieval or one.citations)
    ]
    quoted = [citation.document_id for one in said for citation in one.citations]
    return tuple(dict.fromkeys([*(hit.document_id for hit in given), *quoted, *made]))


def _from_the_start(usage: UsageEvent, before: int, task: Task) -> UsageEvent:
    """What went `before` the call is of the answer's time as well."""
    first = usage.first_token_ms
    return replace(
        usage,
        started_at=task.began,
        total_ms=task.passed_ms,
        first_token_ms=None if first is None else before + first,
    )


def _complete(task: Task, text: str, given: Sequence[Hit], reason: FinishReason | None) -> End:
    found = check_citations(text, [hit.text for hit in given]) if given else None

    def end(answer: Message, at: datetime) -> None:
        task.enrich(answer)
        if found is None:
            answer.write(text, [], 0, [])
        else:
            citations = [checked(one, given) for one in found.citations]
            answer.write(found.text, citations, found.unknown, list(found.unsupported))
        answer.finish_reason = Finish(reason) if reason else None
        answer.end(MessageStatus.COMPLETE, at)

    return end


def _failed(task: Task, failure: ModelFailed) -> End:
    def end(answer: Message, at: datetime) -> None:
        task.enrich(answer)
        answer.fail(failure.code, str(failure), at)

    return end


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
