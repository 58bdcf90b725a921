from dishka import FromDishka
from litestar import get
from litestar.di import NamedDependency

from application.models.choice import ListModels, ModelsView
from application.models.egress import EgressView, ListEgress
from application.shared.actor import Actor
from application.shared.page import Page, PageRequest
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.inject import Injected
from entrypoints.http.openapi import problems


@get(
    "/chat/models",
    summary="List models",
    responses=problems(401, 403),
    opt={OPEN_TO_KEYS: True},
)
async def list_models(actor: FromDishka[Actor], models: FromDishka[ListModels]) -> ModelsView:
    """Which models a question may ask for, and who provides them."""
    return await models(actor)


@get(
    "/privacy/egress",
    summary="What was sent to model providers",
    responses=problems(401, "session_required", 422),
)
async def list_egress(
    page: NamedDependency[PageRequest],
    actor: FromDishka[Actor],
    egress: FromDishka[ListEgress],
) -> Page[EgressView]:
    """Every request that left this server on your behalf, the newest first: to whom, with what of
    yours, and the hash of its bytes. Each was written down before it left."""
    return await egress(actor, page)


secured = Injected(
    "/api/v1",
    route_handlers=[list_models, list_egress],
    before_request=authenticated,
    tags=["models"],
    security=[{"bearer": []}],
)
