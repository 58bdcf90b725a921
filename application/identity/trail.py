from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from application.identity.ports import AuditLog
from application.shared.ports import Clock, Ids, Transaction
from domain.identity.audit import AuditEvent, Outcome
from domain.identity.one_time_token import InvalidToken
from domain.identity.user import InvalidCredentials
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class Trail:
    """What the audit log is told of an account: that a thing was done, with the transaction that
    did it; that it was denied, for good, whatever becomes of the request."""

    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def done(self, action: str, user_id: UserId, request_id: str | None = None) -> None:
        """The last step of the running transaction."""
        await self.audit.add(self._event(action, Outcome.SUCCESS, user_id, request_id))

    @asynccontextmanager
    async def denials(
        self, action: str, request_id: str | None, user_id: UserId | None = None
    ) -> AsyncIterator[None]:
        """Around a transaction: a wrong password or token in it is kept, then raised."""
        try:
            yield
        except (InvalidCredentials, InvalidToken):
            async with self.transaction:
                await self.audit.add(self._event(action, Outcome.DENIED, user_id, request_id))
            raise

    def _event(
        self, action: str, outcome: Outcome, user_id: UserId | None, request_id: str | None
    ) -> AuditEvent:
        return AuditEvent(
            id=self.ids.next(),
            at=self.clock.now(),
            action=action,
            outcome=outcome,
            actor_id=user_id,
            object_type="user" if user_id else None,
            object_id=user_id,
            request_id=request_id,
        )
