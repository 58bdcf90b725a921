from uuid import UUID

from dishka import FromDishka
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from application.identity.devices import EndSession, ListSessions, LogOutEverywhere
from application.identity.views import SessionView
from application.shared.actor import Actor
from application.shared.page import Page, PageRequest
from domain.identity.session import SessionId
from entrypoints.http.openapi import problems


@get("/auth/sessions", summary="Where one is signed in", responses=problems(401, 403, 422))
async def list_sessions(
    page: NamedDependency[PageRequest],
    actor: FromDishka[Actor],
    list_sessions: FromDishka[ListSessions],
) -> Page[SessionView]:
    """Live sessions, newest first; `current` is the one that asks."""
    return await list_sessions(actor, page)


@delete(
    "/auth/sessions/{session_id:uuid}",
    summary="Sign a device out",
    responses=problems(401, 403, 404),
)
async def end_session(
    session_id: FromPath[UUID], actor: FromDishka[Actor], end: FromDishka[EndSession]
) -> None:
    """Its access and refresh tokens are dead from the next request on."""
    await end(actor, SessionId(session_id))


@post(
    "/auth/logout-all",
    status_code=204,
    summary="End every session",
    responses=problems(401, 403),
)
async def log_out_everywhere(
    actor: FromDishka[Actor], log_out: FromDishka[LogOutEverywhere]
) -> None:
    """On all devices, this one too."""
    await log_out(actor)


SECURED = [list_sessions, end_session, log_out_everywhere]
