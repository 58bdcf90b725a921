from uuid import UUID

from dishka import FromDishka
from litestar import get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody

from application.knowledge.filters import (
    And,
    AuthoredDuring,
    CreatedDuring,
    Filter,
    HasKeyword,
    InCategory,
    InJurisdiction,
    InLanguage,
    InPracticeArea,
    Name,
    Named,
    OfFileType,
    Time,
)
from application.knowledge.search import SearchDocuments
from application.knowledge.views import Asked, Found, Limit, Mode, Query
from application.operations.quotas import Metered
from application.shared.actor import Actor
from domain.knowledge.metadata import Category
from entrypoints.http.auth import OPEN_TO_KEYS, authenticated
from entrypoints.http.body import converted
from entrypoints.http.inject import Injected
from entrypoints.http.metering import METERED
from entrypoints.http.openapi import problems


def search_query(
    q: FromQuery[Asked],
    document_id: FromQuery[UUID | None] = None,
    limit: FromQuery[Limit] = 10,
    mode: FromQuery[Mode] = Mode.HYBRID,
    filters: NamedDependency[Filter | None] = None,
    explain: FromQuery[bool] = False,
) -> Query:
    return converted(
        {
            "query": q,
            "document_ids": None if document_id is None else [document_id],
            "limit": limit,
            "mode": mode,
            "filters": filters,
            "explain": explain,
        },
        Query,
    )


def search_filters(
    category: FromQuery[Category | None] = None,
    jurisdiction: FromQuery[Name | None] = None,
    practice_area: FromQuery[Name | None] = None,
    keyword: FromQuery[Name | None] = None,
    file_type: FromQuery[Name | None] = None,
    language: FromQuery[Name | None] = None,
    created_since: FromQuery[Time | None] = None,
    created_before: FromQuery[Time | None] = None,
    authored_since: FromQuery[Time | None] = None,
    authored_before: FromQuery[Time | None] = None,
) -> Filter | None:
    """All of them have to be met."""
    asked: list[Filter] = []
    if category is not None:
        asked.append(InCategory([category]))
    names: dict[type[Named], Name | None] = {
        InJurisdiction: jurisdiction,
        InPracticeArea: practice_area,
        HasKeyword: keyword,
        OfFileType: file_type,
        InLanguage: language,
    }
    asked.extend(kind([name]) for kind, name in names.items() if name is not None)
    if created_since or created_before:
        asked.append(CreatedDuring(created_since, created_before))
    if authored_since or authored_before:
        asked.append(AuthoredDuring(authored_since, authored_before))
    return And(asked) if asked else None


@post(
    "/search",
    status_code=200,
    summary="Search one's documents",
    responses=problems(401, 403, 404, "filter_too_large", "quota_exceeded", body=True),
    opt={METERED: Metered.SEARCHES},
)
async def search_documents(
    data: JSONBody[Query], actor: FromDishka[Actor], search: FromDishka[SearchDocuments]
) -> Found:
    """Passages, best first: by words and by meaning, fused. `"quoted phrases"` must be in a passage,
    `-words` must not. 404 when a document that is named is not one of the caller's."""
    return await search(actor, data)


@get(
    "/search",
    summary="Search one's documents by an address",
    responses=problems(401, 403, 404, 422, "quota_exceeded"),
    opt={METERED: Metered.SEARCHES},
    dependencies={
        "asked": Provide(search_query, sync_to_thread=False),
        "filters": Provide(search_filters, sync_to_thread=False),
    },
)
async def search_documents_by_address(
    asked: NamedDependency[Query], actor: FromDishka[Actor], search: FromDishka[SearchDocuments]
) -> Found:
    """The same as POST for a link or an address bar, with fewer words: all conditions have to be
    met."""
    return await search(actor, asked)


secured = Injected(
    "/api/v1",
    route_handlers=[search_documents, search_documents_by_address],
    before_request=authenticated,
    opt={OPEN_TO_KEYS: True},
    tags=["knowledge"],
    security=[{"bearer": []}],
)
