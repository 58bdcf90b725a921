"""What other contexts' facts say a user did."""

from contextlib import suppress
from dataclasses import dataclass

from application.analytics.marking import Marking
from application.analytics.ports import Activities
from application.analytics.receipts import Receipts
from application.shared.ports import Transaction
from domain.analytics.activity import Activity, ActivityKind, ActivityStatus
from domain.conversations.events import QuestionAsked
from domain.knowledge.events import (
    DocumentCompleted,
    DocumentDeleted,
    DocumentFailed,
    DocumentUploaded,
)
from domain.shared.errors import NotFound
from domain.shared.ids import moment_of


@dataclass(frozen=True, slots=True)
class Journal:
    """Takes what a user did inside the running transaction, once for each id."""

    activities: Activities
    marking: Marking

    async def record(self, activity: Activity) -> None:
        if await self.activities.add(activity):
            await self.marking(activity.user_id, [activity.at])


@dataclass(frozen=True, slots=True)
class RecordQuestion:
    """Follows QuestionAsked. Queries are counted by their answers."""

    activities: Activities

    async def __call__(self, event: QuestionAsked) -> None:
        question = Activity(
            id=event.id,
            user_id=event.user_id,
            action=ActivityKind.QUESTION,
            status=ActivityStatus.COMPLETED,
            at=moment_of(event.id),
            conversation_id=event.conversation_id,
            message_id=event.question_id,
        )
        await self.activities.add(question)


@dataclass(frozen=True, slots=True)
class RecordUpload:
    """Follows DocumentUploaded. Bytes that failed and came again are one upload."""

    journal: Journal
    receipts: Receipts
    transaction: Transaction

    async def __call__(self, event: DocumentUploaded) -> None:
        with suppress(NotFound):  # deleted meanwhile
            receipt = await self.receipts.get(event.user_id, event.version_id)
            activity = Activity(
                id=event.version_id,
                user_id=event.user_id,
                action=ActivityKind.UPLOAD,
                status=ActivityStatus.COMPLETED,
                at=receipt.at,
                document_id=receipt.document_id,
                bytes=receipt.size,
            )
            async with self.transaction:
                await self.receipts.hold(event.user_id, receipt)
                await self.journal.record(activity)


@dataclass(frozen=True, slots=True)
class Analyses:
    """How every analysis is kept that came to an end: it took from the upload to there."""

    journal: Journal
    receipts: Receipts
    transaction: Transaction

    async def record(
        self, event: DocumentCompleted | DocumentFailed, status: ActivityStatus
    ) -> None:
        with suppress(NotFound):  # deleted meanwhile
            receipt = await self.receipts.get(event.user_id, event.version_id)
            ended = moment_of(event.id)
            activity = Activity(
                id=event.id,
                user_id=event.user_id,
                action=ActivityKind.ANALYSIS,
                status=status,
                at=ended,
                document_id=receipt.document_id,
                took_ms=round((ended - receipt.at).total_seconds() * 1000),
            )
            async with self.transaction:
                await self.receipts.hold(event.user_id, receipt)
                await self.journal.record(activity)


@dataclass(frozen=True, slots=True)
class RecordAnalysis:
    """Follows DocumentCompleted."""

    analyses: Analyses

    async def __call__(self, event: DocumentCompleted) -> None:
        await self.analyses.record(event, ActivityStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class RecordFailedAnalysis:
    """Follows DocumentFailed."""

    analyses: Analyses

    async def __call__(self, event: DocumentFailed) -> None:
        await self.analyses.record(event, ActivityStatus.FAILED)


@dataclass(frozen=True, slots=True)
class ForgetDocument:
    """Follows DocumentDeleted: it counts no more, on no day."""

    activities: Activities
    marking: Marking
    transaction: Transaction

    async def __call__(self, event: DocumentDeleted) -> None:
        async with self.transaction:
            moments = await self.activities.forget(event.user_id, event.document_id)
            if moments:
                await self.marking(event.user_id, moments)
