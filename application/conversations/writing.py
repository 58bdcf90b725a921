"""Answering with a model."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.analytics.exports import Feature
from application.conversations.batching import batched
from application.conversations.ending import End, EndAttempt, Ended
from application.conversations.passages import checked
from application.conversations.ports import Endings, MessageEvents, Messages
from application.conversations.task import Task
from application.identity.exports import ConsentPurpose
from application.knowledge.exports import Hit
from application.models.exports import (
    Call,
    ChatMessage,
    ChatModels,
    ChatRequest,
    Dispatch,
    ModelFailed,
    Order,
    Role,
    Source,
    Stage,
    build_prompt,
    check_citations,
)
from application.shared.ports import Clock, Listener, Transaction
from domain.conversations.message import Message, MessageStatus
from domain.shared.errors import NotFound, Unavailable

PAUSE = 0.04  # seconds whose text is one event
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds for the database to come back
HISTORY = 40  # messages that are looked at


class _EndedMeanwhile(Exception):
    """Stopped, deleted, or in another worker's hands."""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """Has a model write an answer, keeps what it writes as it comes, and checks what it cites. Breaks
    off as soon as somebody else ends the answer. Raises ConsentRequired, before a word."""

    models: ChatModels
    dispatch: Dispatch
    messages: Messages
    events: MessageEvents
    endings: Endings
    end: EndAttempt
    clock: Clock
    listener: Listener
    transaction: Transaction

    async def __call__(self, task: Task, hits: Sequence[Hit]) -> Ended:
        with task.trace.stage(Stage.PROMPT):
            order, given = await self._order(task, hits)
        async with self.dispatch(order) as call:
            end = await self._made(task, call, given)
        with task.trace.stage(Stage.PERSIST):
            return await _patiently(lambda: self.end(task.answer, end, call.usage()))

    async def _order(self, task: Task, hits: Sequence[Hit]) -> tuple[Order, Sequence[Hit]]:
        """What is asked of the model, and the passages that have found room in it."""
        said = await self._said(task.question)
        request = ChatRequest(messages=(), model=task.answer.model)
        prompt = build_prompt(
            "\n\n".join(filter(None, [task.manner.instructions, task.enrichment.instructions])),
            [ChatMessage(Role(one.role), one.content) for one in said],
            [Source(hit.document_title, hit.page, hit.text) for hit in hits],
            task.question.content,
            context=self.models.context,
            answer=request.max_tokens,
        )
        given = hits[: prompt.sources]
        quoted = [citation.document_id for one in said for citation in one.citations]
        answer = task.answer
        order = Order(
            attempt_id=answer.id,
            user_id=answer.user_id,
            feature=Feature(task.conversation.origin),
            purpose=ConsentPurpose.AI_EXTERNAL_DOCUMENTS,
            request=ChatRequest(messages=prompt.messages, model=answer.model),
            sources=tuple(dict.fromkeys([*(hit.document_id for hit in given), *quoted])),
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

    async def _made(self, task: Task, call: Call, given: Sequence[Hit]) -> End:
        """How the answer ends."""
        try:
            with task.trace.stage(Stage.CALL):
                text = await self._written(task.answer, call)
        except ModelFailed as failure:
            return _failed(task, failure)
        except _EndedMeanwhile:
            return _interrupted
        with task.trace.stage(Stage.VERIFY):
            return _complete(task, text, given)

    async def _written(self, answer: Message, call: Call) -> str:
        with self.listener.listening(answer.stopping) as told:
            writing = asyncio.create_task(self._write(answer, call))
            watching = asyncio.create_task(self._until_ended(answer, told))
            try:
                await asyncio.wait({writing, watching}, return_when=asyncio.FIRST_COMPLETED)
                if writing.done():
                    return writing.result()
                watching.result()
                raise _EndedMeanwhile
            finally:
                await _cancel(writing, watching)

    async def _until_ended(self, answer: Message, told: asyncio.Event) -> None:
        while not await _patiently(lambda: self.endings.ended(answer.user_id, answer.id)):
            await told.wait()
            told.clear()

    async def _write(self, answer: Message, call: Call) -> str:
        text = ""
        async with aclosing(batched(call, PAUSE)) as pieces:
            async for piece in pieces:
                before, text = text, text + piece
                await self._keep_patiently(answer, before, text, call)
        return text

    async def _keep_patiently(self, answer: Message, before: str, text: str, call: Call) -> None:
        """What `text` has beyond `before`, once: a try that failed may have kept it."""
        tried = False

        async def keep() -> None:
            nonlocal tried
            if not tried or await self.events.text(answer.user_id, answer.id) != text:
                tried = True
                await self._keep(answer, before, text, call)

        await _patiently(keep)

    async def _keep(self, answer: Message, before: str, text: str, call: Call) -> None:
        if before:
            await self._add(answer, text[len(before) :])
            return
        async with self.transaction:
            if not await self._begin(answer, call):
                raise _EndedMeanwhile
            await self._add(answer, text)

    async def _add(self, answer: Message, piece: str) -> None:
        if not await self.events.write(answer.user_id, answer.id, piece, self.clock.now()):
            raise _EndedMeanwhile

    async def _begin(self, made: Message, call: Call) -> bool:
        """Whether the answer is ours to write: of two workers, it is the first one's."""
        try:
            answer = await self.messages.get(made.user_id, made.id)
        except NotFound:
            return False
        if answer.status is not MessageStatus.PENDING:
            return False
        usage = call.usage()
        answer.begin(usage.provider, usage.model_used)
        await self.messages.save(answer)
        return True


def _complete(task: Task, text: str, given: Sequence[Hit]) -> End:
    found = check_citations(text, [hit.text for hit in given]) if given else None

    def end(answer: Message, at: datetime) -> None:
        task.enrich(answer)
        if found is None:
            answer.write(text, [], 0, [])
        else:
            citations = [checked(one, given) for one in found.citations]
            answer.write(found.text, citations, found.unknown, list(found.unsupported))
        answer.end(MessageStatus.COMPLETE, at)

    return end


def _failed(task: Task, failure: ModelFailed) -> End:
    def end(answer: Message, at: datetime) -> None:
        task.enrich(answer)
        answer.fail(failure.code, str(failure), at)

    return end


def _interrupted(answer: Message, at: datetime) -> None:
    answer.fail("interrupted", "another process has taken this answer over", at)


async def _patiently[T](act: Callable[[], Awaitable[T]]) -> T:
    """A database that is away, or too busy, for a moment costs no answer."""
    for pause in PAUSES:
        try:
            return await act()
        except Unavailable:
            await asyncio.sleep(pause)
    return await act()


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
