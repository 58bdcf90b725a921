from typing import Annotated

from dishka import FromDishka
from litestar import get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from application.analytics.costs import ShowCosts
from application.analytics.prices import ListPrices, NewPrice, SetPrice
from application.analytics.rollup import RefreshAnalytics
from application.analytics.usage import ListActivity, ShowTokens, ShowUsage, ShowWorkflows
from application.analytics.views import (
    ActivityView,
    CostsView,
    PriceView,
    Refreshed,
    TokensView,
    UsageView,
    WorkflowsView,
)
from application.shared.actor import Actor
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.inject import Injected
from entrypoints.http.openapi import problems

type Days = Annotated[int, Meta(ge=1, le=90)]
type Latest = Annotated[int, Meta(ge=1, le=200)]


@get("/usage", summary="What you used", responses=problems(401, 403, 422))
async def show_usage(
    actor: FromDishka[Actor], show: FromDishka[ShowUsage], days: FromQuery[Days] = 7
) -> UsageView:
    """Queries, tokens, documents, times and costs of your last `days` days, today included, in
    sum and day by day. Days are those of your account's time zone. All of it is measured: the
    percentiles of every response time of these days, not of samples or averages of them."""
    return await show(actor, days)


@get("/tokens", summary="Your tokens, day by day", responses=problems(401, 403, 422))
async def show_tokens(
    actor: FromDishka[Actor], show: FromDishka[ShowTokens], days: FromQuery[Days] = 7
) -> list[TokensView]:
    """As the providers counted them, else estimated; with what they cost. Today comes last."""
    return await show(actor, days)


@get("/activity", summary="What happened last", responses=problems(401, 403, 422))
async def list_activity(
    actor: FromDishka[Actor], list_: FromDishka[ListActivity], limit: FromQuery[Latest] = 50
) -> list[ActivityView]:
    """Your questions, answers, uploads, analyses and workflow executions, newest first, with what
    became of them and how long it took. Of a document that was deleted nothing is told."""
    return await list_(actor, limit)


@get("/workflows", summary="Your workflow executions", responses=problems(401, 403, 422))
async def show_workflows(
    actor: FromDishka[Actor], show: FromDishka[ShowWorkflows], days: FromQuery[Days] = 30
) -> WorkflowsView:
    """How many ended in your last `days` days, how, and how long the completed ones took."""
    return await show(actor, days)


@get("/costs", summary="What your calls cost", responses=problems(401, 403, 422))
async def show_costs(
    actor: FromDishka[Actor], show: FromDishka[ShowCosts], days: FromQuery[Days] = 30
) -> CostsView:
    """By model, by feature, by conversation. A call keeps the price that held when it was made;
    one to a model without a price costs nobody knows what, and is counted in `unpriced_calls`."""
    return await show(actor, days)


@post("/refresh", status_code=200, summary="Count again now", responses=problems(401, 403))
async def refresh_analytics(
    actor: FromDishka[Actor], refresh: FromDishka[RefreshAnalytics]
) -> Refreshed:
    """What changed of past days is counted by a worker within seconds; this does it at once."""
    return await refresh(actor)


@get("/prices", summary="What models cost", responses=problems(401, 403))
async def list_prices(actor: FromDishka[Actor], list_: FromDishka[ListPrices]) -> list[PriceView]:
    """For administrators: every price there is or was, by model, the newest first."""
    return await list_(actor)


@post(
    "/prices",
    summary="Set what a model costs",
    responses=problems(401, 403, "invalid_price", "invalid_validity", "price_overlaps", body=True),
)
async def set_price(
    data: JSONBody[NewPrice], actor: FromDishka[Actor], set_: FromDishka[SetPrice]
) -> PriceView:
    """For administrators. The model's price so far ends where this one begins, and stays with
    what was charged until then. Recorded in the audit log as `price.set`."""
    return await set_(actor, data)


secured = Injected(
    "/api/v1/analytics",
    route_handlers=[
        show_usage,
        show_tokens,
        list_activity,
        show_workflows,
        show_costs,
        refresh_analytics,
        list_prices,
        set_price,
    ],
    before_request=authenticated,
    opt={OPEN_TO_KEYS: True},
    tags=["analytics"],
    security=[{"bearer": []}],
)
