"""The OpenAPI document. Litestar makes it of the handlers' types; here it is finished with what
`reference` knows: an example of everything, each declared once and referred to."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, Contact, License, SecurityScheme, Server, Tag

from entrypoints.http.health import VERSION
from entrypoints.http.openapi import PROBLEM, illustrated
from entrypoints.http.reference import EXAMPLES, example
from entrypoints.http.reference.parameters import PARAMETERS

type Json = dict[str, Any]

ABOUT = """\
Ask your documents. Every sentence of an answer is a verbatim span of one of them, with its page
and offsets; or the answer says that nothing was found.

**First steps.** `POST /api/v1/auth/register`, then `POST /api/v1/auth/login`: its `access_token`
goes into the header `Authorization: Bearer <access_token>` of every request. Then
`POST /api/v1/documents/upload`, and ask with `POST /api/v1/chat/chat`.

**Conventions.** JSON in UTF-8, `snake_case`, ids are UUIDs, times are RFC 3339 in UTC, offsets count
code points. Unknown fields of a body and unknown parameters of a query are refused.

**Errors** are RFC 9457 problems, `application/problem+json`: switch on `code`, show `detail`, and
tell us the `request_id`, which is also the header `X-Request-ID` of every answer. `GET /problems`
explains every code.

**Once.** A POST by somebody signed in takes an `Idempotency-Key`: sent again within 24 hours, with
the same key and body, it is answered as the first time and done once. A question is asked once for
good, and given its answer. Uploads need none: the same bytes are the same document.

**Pages.** `?size=` asks for up to 100 items; the `next` of a page is the `after` of the following
one, null on the last.
"""
TAGS = {
    "files": "The bytes of what was uploaded.",
    "identity": "Accounts, sessions and the keys that verify access tokens.",
    "knowledge": "Documents, their text and passages, and the search for them.",
    "conversations": "Questions, and answers made of cited sentences.",
    "analytics": "What was used of models, what it cost, and what was done, day by day.",
    "models": "The models that may be asked, and what was sent to their providers.",
    "operations": "Is it running, and what do its errors mean?",
}
# Paths whose handler has another, better one: operation ids are unique.
ALIASES = {
    "/health",
    "/api/v1/auth/me",
    "/api/v1/chat/sessions",
    "/api/v1/chat/sessions/conversation_id",
    "/api/v1/chat/sessions/conversation_id/documents",
    "/api/v1/chat/sessions/conversation_id/messages",
    "/api/v1/health/ready",
}

_HEADERS = {
    "Location": ("Where the thing is, or will be", "/api/v1/documents/{id}"),
    "Retry-After": ("Seconds to wait before asking again", "2"),
    "WWW-Authenticate": ("How to be known", "Bearer"),
}
_SENT_WITH = {
    "201": "Location",
    "202": "Location",
    "401": "WWW-Authenticate",
    "429": "Retry-After",
    "503": "Retry-After",
}
_OF_KEYS = {
    "409": ("answered_once", "request_in_flight"),
    "422": ("idempotency_key_reused", "invalid"),
}
_DULL: dict[str, Any] = {
    "deprecated": False,
    "allowEmptyValue": False,
    "allowReserved": False,
    "headers": {},
}
_GENERIC = re.compile(r"(?<=[/\"])(\w+)_(?:\w+\.)+(\w+)_(?=\")")  # Page_package.module.X_


def _config() -> OpenAPIConfig:
    bearer = SecurityScheme(
        type="http",
        scheme="bearer",
        bearer_format="JWT",
        description="The `access_token` that `POST /api/v1/auth/login` gives",
    )
    return OpenAPIConfig(
        title="Colonnade",
        version=VERSION,
        summary="Accounts, documents, search and cited answers",
        description=ABOUT,
        contact=Contact(name="The Colonnade authors"),
        license=License(name="MIT License", identifier="MIT"),
        servers=[Server(url="/", description="The server that this document came from")],
        tags=[Tag(name, description) for name, description in TAGS.items()],
        components=Components(security_schemes={"bearer": bearer}),
        operation_id_creator=operation_id,
        create_examples=False,
        use_handler_docstrings=True,
    )


def operation_id(handler: HTTPRouteHandler, method: Any, path: list[Any]) -> str:
    """The handler's name, which generated clients call it by; of an alias, with its path."""
    parts = [part if isinstance(part, str) else part.name for part in path]
    name = handler.handler_name
    if len(handler.http_methods) > 1:
        name += f"_by_{method.lower()}"
    if "/" + "/".join(parts) not in ALIASES:
        return name
    return "_".join([name, "at", *(part for part in parts if part not in ("api", "v1"))])


def document(app: Litestar) -> Json:
    """The finished document of `app`."""
    raw = msgspec.json.encode(_tidied(_made_by_litestar(app))).decode()
    made: Json = msgspec.json.decode(_GENERIC.sub(r"\1_\2", raw))
    components = made["components"]
    _describe(components["schemas"])
    components["headers"] = {
        name: {"description": description, "schema": {"type": "string"}, "example": shown}
        for name, (description, shown) in _HEADERS.items()
    }
    components["examples"], components["responses"] = {}, {}
    for item in made["paths"].values():
        if (post := item.get("post")) and _repeatable(post):
            _take_keys(post)
    for operation in operations(made):
        _finish(operation, components)
    return made


def _made_by_litestar(app: Litestar) -> Json:
    """An app with an openapi_config serves Litestar's own pages at /schema, in production too, and
    those fetch scripts from a CDN. So ours has none, and the plugin hears of it only here."""
    plugin: Any = app.plugins.get("OpenAPIPlugin")
    plugin.on_app_init(AppConfig(openapi_config=_config()))
    made: Json = plugin.provide_openapi().to_schema()
    return made


def operations(document: Json) -> Iterator[Json]:
    """Every operation of a document."""
    for item in document["paths"].values():
        yield from item.values()


def _tidied(value: Any) -> Any:
    """Without what says nothing, and with whole numbers where Litestar makes 50.0 of 50."""
    if isinstance(value, dict):
        return {k: _tidied(v) for k, v in value.items() if _DULL.get(k, _DULL) != v}
    if isinstance(value, list | tuple):
        return [_tidied(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _describe(schemas: Json) -> None:
    """With what msgspec knows of our Structs and Litestar does not look for."""
    kinds = [type(value) for value in EXAMPLES.values()]
    known = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")[1]
    for name in schemas.keys() & known.keys():
        _merge(schemas[name], known[name], "description", "additionalProperties")
        for field, schema in schemas[name].get("properties", {}).items():
            _merge(schema, known[name]["properties"][field], "default")


def _merge(schema: Json, known: Json, *keywords: str) -> None:
    schema |= {keyword: known[keyword] for keyword in keywords if keyword in known}


def _repeatable(post: Json) -> bool:
    """Whether it takes an Idempotency-Key: it knows its caller, and its body does not stream."""
    streams = "multipart/form-data" in post.get("requestBody", {}).get("content", {})
    return "security" in post and not streams


def _take_keys(post: Json) -> None:
    header = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    post.setdefault("parameters", []).append(header)
    for status, codes in _OF_KEYS.items():
        bare = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        response = {"description": HTTPStatus(int(status)).phrase, "content": {PROBLEM: bare}}
        media = post["responses"].setdefault(status, response)["content"][PROBLEM]
        media["examples"] = dict(sorted((media["examples"] | illustrated(codes)).items()))


def _finish(operation: Json, components: Json) -> None:
    for parameter in operation.get("parameters", []):
        _explain(parameter)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        _illustrate(content, components)
    responses = operation["responses"]
    if PROBLEM not in responses.get("400", {}).get("content", {PROBLEM: None}):
        del responses["400"]  # Litestar's guess: what is wrong with a parameter is 422
    for status, code in (("422", "invalid"), ("500", "internal")):
        responses.setdefault(status, {"$ref": f"#/components/responses/{code}"})
    for status, response in responses.items():
        responses[status] = _answer(status, response, components)


def _explain(parameter: Json) -> None:
    name = parameter["name"]
    if known := PARAMETERS.get(f"{parameter['in']} {name}", PARAMETERS.get(name)):
        parameter["description"], parameter["example"] = known.description, known.example
        parameter["schema"] = known.limits | parameter["schema"]


def _answer(status: str, response: Json, components: Json) -> Json:
    if "$ref" in response:
        return response
    if header := _SENT_WITH.get(status):
        response["headers"] = {header: {"$ref": f"#/components/headers/{header}"}}
    if status == "204":
        response.pop("content", None)
    content = response.get("content", {})
    if PROBLEM in content:
        return _shared(response, components)
    if response["description"] == HTTPStatus(int(status)).description:  # of HTTP, not of us
        response["description"] = HTTPStatus(int(status)).phrase
    for media in content.values():
        _illustrate(media, components)
    return response


def _shared(problem: Json, components: Json) -> Json:
    """A problem is declared once for all routes that have the same codes."""
    shown = problem["content"][PROBLEM]["examples"]
    name = "_or_".join(shown)
    for code, one in shown.items():
        components["examples"][code] = {"summary": one["summary"], "value": one["value"]}
    problem["content"][PROBLEM]["examples"] = _references(*shown)
    components["responses"][name] = problem
    return {"$ref": f"#/components/responses/{name}"}


def _illustrate(media: Json, components: Json) -> None:
    """With an example of each of the schema's types, if there is one."""
    schemas = media["schema"].get("oneOf", [media["schema"]])
    if names := [name for schema in schemas if (name := _example(schema, components))]:
        media["examples"] = _references(*names)


def _example(schema: Json, components: Json) -> str | None:
    """The name under which the components now have an example of `schema`'s type."""
    listed = schema.get("type") == "array"
    name: str = (schema["items"] if listed else schema).get("$ref", "").rpartition("/")[2]
    try:
        value = msgspec.to_builtins(example(name))
    except KeyError:
        return None
    name, value = (f"{name}_list", [value]) if listed else (name, value)
    components["examples"][name] = {"value": value}
    return name


def _references(*names: str) -> Json:
    return {name: {"$ref": f"#/components/examples/{name}"} for name in names}
