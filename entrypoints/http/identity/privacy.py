from dishka import FromDishka
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from application.identity.consents import (
    ConsentEventView,
    ConsentView,
    DecideConsent,
    Decision,
    ListConsents,
    ShowConsentHistory,
)
from application.shared.actor import Actor, Client
from application.shared.page import Page, PageRequest
from domain.identity.consent import Purpose
from domain.shared.errors import Invalid
from entrypoints.http.openapi import problems


class UnknownPurpose(Invalid):
    """Nobody is asked for this."""


@get("/privacy/consents", summary="List consents", responses=problems(401, "session_required"))
async def list_consents(
    actor: FromDishka[Actor], consents: FromDishka[ListConsents]
) -> list[ConsentView]:
    """Every purpose that needs one, what you are told about it, and what you have decided."""
    return await consents(actor)


@put(
    "/privacy/consents/{purpose:str}",
    summary="Grant or withdraw a consent",
    responses=problems(
        401, "session_required", 404, "unknown_purpose", "unknown_notice", body=True
    ),
)
async def decide_consent(
    purpose: FromPath[str],
    data: JSONBody[Decision],
    actor: FromDishka[Actor],
    client: FromDishka[Client],
    decide: FromDishka[DecideConsent],
) -> ConsentView:
    """Holds from the next request on. Every decision is kept in the history."""
    return await decide(actor, _purpose(purpose), data, client)


@get(
    "/privacy/consents/history",
    summary="The history of consents",
    responses=problems(401, "session_required", 422),
)
async def show_consent_history(
    page: NamedDependency[PageRequest],
    actor: FromDishka[Actor],
    history: FromDishka[ShowConsentHistory],
) -> Page[ConsentEventView]:
    """Every decision as it was made, the newest first."""
    return await history(actor, page)


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError:
        known = ", ".join(Purpose)
        raise UnknownPurpose(f"there is no such purpose; there are: {known}") from None


SECURED = [list_consents, decide_consent, show_consent_history]
