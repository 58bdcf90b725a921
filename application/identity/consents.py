from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from application.identity.ports import AuditLog, Consents
from application.shared.actor import Actor, Client
from application.shared.page import Page, PageRequest
from application.shared.ports import Clock, Ids, Transaction
from application.shared.text import Text
from domain.identity.audit import AuditEvent
from domain.identity.consent import (
    NOTICES,
    Action,
    Consent,
    ConsentEvent,
    Notice,
    Purpose,
    notice,
)

_SOURCE = "api"


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """`notice_version`: of the notice that the user was shown; by default the present one."""

    granted: bool
    notice_version: Annotated[Text, Meta(max_length=50)] | None = None


class ConsentView(Struct, frozen=True):
    """One purpose: what the user is told about it, and what they have decided. Nothing is granted
    that was not asked; what was granted under another notice than the present one is to be asked
    about again."""

    purpose: Purpose
    granted: bool
    granted_at: datetime | None
    withdrawn_at: datetime | None
    notice_version: str | None
    notice: str
    current_notice_version: str


class ConsentEventView(Struct, frozen=True):
    """A decision as it was made. `notice_sha256`: of the notice's text, in UTF-8."""

    id: UUID
    purpose: Purpose
    action: Action
    notice_version: str | None
    notice_sha256: str | None
    address: str | None
    user_agent: str | None
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ListConsents:
    """Every purpose there is, decided or not."""

    consents: Consents

    async def __call__(self, actor: Actor) -> list[ConsentView]:
        decided = {c.purpose: c for c in await self.consents.all(actor.user_id)}
        return [_view(p, NOTICES[p], decided.get(p)) for p in Purpose]


@dataclass(frozen=True, slots=True)
class DecideConsent:
    """Grant or withdraw, at any time. Raises UnknownNotice."""

    consents: Consents
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(
        self, actor: Actor, purpose: Purpose, decision: Decision, client: Client
    ) -> ConsentView:
        shown, now = notice(purpose, decision.notice_version), self.clock.now()
        async with self.transaction:
            before = await self.consents.one(actor.user_id, purpose)
            consent = Consent(
                user_id=actor.user_id,
                purpose=purpose,
                granted=decision.granted,
                granted_at=now if decision.granted else before.granted_at if before else None,
                withdrawn_at=None if decision.granted else now,
                notice_version=shown.version,
                address=client.address,
                user_agent=client.user_agent,
                updated_at=now,
            )
            event = self._event(consent, shown)
            await self.consents.save(consent, event)
            await self.audit.add(_audited(event, actor))
        return _view(purpose, shown, consent)

    def _event(self, consent: Consent, shown: Notice) -> ConsentEvent:
        return ConsentEvent(
            user_id=consent.user_id,
            id=self.ids.next(),
            purpose=consent.purpose,
            action=Action.GRANTED if consent.granted else Action.WITHDRAWN,
            notice_version=shown.version,
            notice_sha256=shown.sha256,
            address=consent.address,
            user_agent=consent.user_agent,
            source=_SOURCE,
            at=consent.updated_at,
        )


@dataclass(frozen=True, slots=True)
class ShowConsentHistory:
    """Every decision, the newest first."""

    consents: Consents

    async def __call__(self, actor: Actor, request: PageRequest) -> Page[ConsentEventView]:
        page = await self.consents.history(actor.user_id, request)
        return Page([_event_view(event) for event in page.items], page.next)


def _audited(event: ConsentEvent, actor: Actor) -> AuditEvent:
    return AuditEvent(
        id=event.id,
        at=event.at,
        action=f"consent.{event.action}",
        actor_id=event.user_id,
        object_type=f"consent.{event.purpose}",
        request_id=actor.request_id,
    )


def _view(purpose: Purpose, present: Notice, consent: Consent | None) -> ConsentView:
    return ConsentView(
        purpose,
        consent.holds if consent else False,
        consent.granted_at if consent else None,
        consent.withdrawn_at if consent else None,
        consent.notice_version if consent else None,
        present.text,
        present.version,
    )


def _event_view(event: ConsentEvent) -> ConsentEventView:
    return ConsentEventView(*(getattr(event, name) for name in ConsentEventView.__struct_fields__))
