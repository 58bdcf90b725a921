from dataclasses import dataclass

from application.identity.ports import AuditLog
from application.shared.actor import Actor, Scope
from application.shared.ports import Clock, Ids, Transaction
from domain.identity.audit import AuditEvent, Outcome
from domain.shared.errors import Forbidden
from domain.shared.ids import UserId


@dataclass(frozen=True, slots=True)
class AdminGate:
    """Lets administrators pass. Anybody else is Forbidden, and that stays on record."""

    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self, actor: Actor, about: UserId | None = None) -> None:
        if Scope.ADMIN in actor.scopes:
            return
        denial = done("admin.denied", actor, about, self.ids, self.clock, Outcome.DENIED)
        async with self.transaction:
            await self.audit.add(denial)
        raise Forbidden("this is for administrators")


def done(
    action: str,
    actor: Actor,
    about: UserId | None,
    ids: Ids,
    clock: Clock,
    outcome: Outcome = Outcome.SUCCESS,
) -> AuditEvent:
    """What an actor did to an account, or tried to."""
    return AuditEvent(
        id=ids.next(),
        at=clock.now(),
        action=action,
        outcome=outcome,
        actor_id=actor.user_id,
        object_type="user" if about else None,
        object_id=about,
        request_id=actor.request_id,
    )
