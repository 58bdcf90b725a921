import json

import msgspec
from dishka import AsyncContainer
from httpx import ASGITransport, AsyncClient

from entrypoints.container import in_memory
from entrypoints.http.app import create_app
from entrypoints.http.inject import OfRequest
from entrypoints.openapi import document
from entrypoints.settings import Environment, Settings
from tests.contract.files.test_files import a_file, an_owner
from tests.contract.files.test_sweeping import keep, put, swept
from tests.http.conftest import Client


async def test_health_is_where_each_plan_looks_for_it(client: Client) -> None:
    for path in ("/health", "/api/v1/health", "/api/v1/health/"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.json()["status"] == "ok"
        assert answer.json()["version"] == "0.1.0"


async def test_the_database_is_asked_only_where_it_is_named(client: Client) -> None:
    assert (await client.get("/api/v1/health/db")).json() == {
        "status": "ok",
        "database": "connected",
    }
    assert (await client.get("/api/v1/health/ready")).status_code == 200
    detailed = (await client.get("/api/v1/health/detailed")).json()
    assert detailed["queue"] == {"waiting": 0, "oldest_seconds": 0.0, "held": 0}
    assert detailed["storage"] == {"writable": True, "swept": None}
    assert (detailed["embeddings"], detailed["embedding_sets"]) == (None, [])
    assert set(detailed["orphans"].values()) == {0}


async def test_health_tells_of_bytes_without_a_row_and_of_rows_without_bytes(
    client: Client, memory: AsyncContainer
) -> None:
    """A row that no document refers to is an orphan itself."""
    await keep(memory, a_file(await an_owner(memory)), whole=False)
    await put(memory, "document/lost")
    await swept(memory)
    health = (await client.get("/api/v1/health/detailed")).json()
    told = health["storage"]["swept"]
    assert (told["orphans"], told["unfinished"], told["missing"]) == (1, 0, 1)
    assert (health["orphans"]["files"], health["orphans"]["versions"]) == (1, 0)


async def test_an_unknown_path_is_a_problem(client: Client) -> None:
    answer = await client.get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_wrong_method_says_which_are_right(client: Client) -> None:
    answer = await client.delete("/api/v1/health")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_a_request_id_is_kept_if_it_is_harmless(client: Client) -> None:
    kept = await client.get("/health", headers={"x-request-id": "trace-1.a_b"})
    assert kept.headers["x-request-id"] == "trace-1.a_b"
    for bad in ("a b", "x" * 129, "<script>"):
        answer = await client.get("/health", headers={"x-request-id": bad})
        assert answer.headers["x-request-id"] != bad


async def test_docs_bring_their_own_assets(client: Client) -> None:
    for page in ("/docs", "/redoc"):
        answer = await client.get(page)
        assert answer.status_code == 200
        assert "//" not in answer.text.replace("<!doctype", "")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "swagger.js"):
        assert (await client.get(f"/docs/assets/{asset}")).status_code == 200


async def test_no_page_asks_another_host(client: Client) -> None:
    """Nor is there a page that Litestar would make of its own, with scripts from a CDN."""
    redoc = (await client.get("/docs/assets/redoc.standalone.js")).text
    assert "cdn.redoc" not in redoc
    assert "validatorUrl: null" in (await client.get("/docs/assets/swagger.js")).text
    for path in ("/schema", "/schema/redoc", "/schema/swagger", "/schema/openapi.json"):
        assert (await client.get(path)).status_code == 404


async def test_large_assets_travel_compressed(client: Client) -> None:
    answer = await client.get("/docs/assets/swagger-ui-bundle.js")
    assert answer.headers["content-encoding"] == "gzip"
    assert "max-age" in answer.headers["cache-control"]


async def test_browsers_find_an_icon(client: Client) -> None:
    answer = await client.get("/favicon.ico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


async def test_the_document_served_is_the_document_kept(client: Client) -> None:
    assert (await client.get("/openapi.json")).json() == json.loads(document())


async def test_in_production_there_is_no_documentation(settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, environment=Environment.PRODUCTION)
    container = in_memory(settings, OfRequest())
    transport = ASGITransport(create_app(container, settings))  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://colonnade") as client:
        for path in ("/docs", "/redoc", "/openapi.json", "/schema", "/schema/openapi.json"):
            assert (await client.get(path)).status_code == 404
        root = (await client.get("/")).json()
        assert root["docs"] is root["redoc"] is root["openapi"] is None
        assert (await client.get(root["problems"])).status_code == 200
    await container.close()


async def test_cors_lets_only_known_origins_in(client: Client) -> None:
    asked = {"access-control-request-method": "GET"}
    mine = await client.options(
        "/api/v1/users/me", headers=asked | {"origin": "http://localhost:3000"}
    )
    assert mine.headers["access-control-allow-origin"] == "http://localhost:3000"
    foreign = await client.options(
        "/api/v1/users/me", headers=asked | {"origin": "http://evil.example"}
    )
    assert "access-control-allow-origin" not in foreign.headers
