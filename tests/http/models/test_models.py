from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from dishka import AsyncContainer

from application.models.ports import EgressLedger
from application.shared.ports import Ids
from domain.models.egress import EgressEvent
from domain.shared.ids import UserId
from entrypoints.settings import AiProvider, Settings
from tests.http.conftest import Client, signed_in

MODELS, EGRESS = "/api/v1/chat/models", "/api/v1/privacy/egress"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


async def sent(memory: AsyncContainer, owner: str, minute: int = 0) -> UUID:
    event = EgressEvent(
        user_id=UserId(UUID(owner)),
        id=(await memory.get(Ids)).next(),
        attempt_id=uuid4(),
        provider="openai",
        model="gpt-4o-mini",
        purpose="ai_external.documents",
        object_ids=(uuid4(),),
        bytes=100,
        sha256="0" * 64,
        at=NOW + timedelta(minutes=minute),
    )
    await (await memory.get(EgressLedger)).add(event)
    return event.id


async def id_of(client: Client, headers: dict[str, str]) -> str:
    found: str = (await client.get("/api/v1/users/me", headers=headers)).json()["id"]
    return found


async def test_what_was_sent_is_its_owners_to_see_page_by_page(
    client: Client, memory: AsyncContainer
) -> None:
    ada, bob = await signed_in(client), await signed_in(client, "bob@example.org")
    mine = [str(await sent(memory, await id_of(client, ada), n)) for n in range(3)][::-1]
    await sent(memory, await id_of(client, bob))
    first = (await client.get(f"{EGRESS}?size=2", headers=ada)).json()
    rest = (await client.get(f"{EGRESS}?size=2&after={first['next']}", headers=ada)).json()
    shown: list[dict[str, Any]] = first["items"] + rest["items"]
    assert [entry["id"] for entry in shown] == mine
    assert rest["next"] is None
    assert shown[0]["sha256"] == "0" * 64
    assert "user_id" not in shown[0]


@pytest.mark.parametrize("query", ["size=0", "size=101", "after=x"])
async def test_a_page_that_there_cannot_be_is_refused(client: Client, query: str) -> None:
    answer = await client.get(f"{EGRESS}?{query}", headers=await signed_in(client))
    assert answer.status_code == 422


async def test_the_ledger_wants_a_session_and_the_models_the_scope_chat(client: Client) -> None:
    ada = await signed_in(client)
    keys = "/api/v1/auth/api-keys"
    for scope, status in (("chat", 200), ("documents", 403)):
        body = {"name": "a program", "scopes": [scope]}
        key = (await client.post(keys, json=body, headers=ada)).json()["key"]
        headers = {"authorization": f"Bearer {key}"}
        assert (await client.get(MODELS, headers=headers)).status_code == status
        refused = await client.get(EGRESS, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "session_required")


async def test_without_a_provider_there_are_no_models(client: Client) -> None:
    answer = await client.get(MODELS, headers=await signed_in(client))
    assert answer.json() == {
        "available": False,
        "provider": None,
        "default": None,
        "models": [],
        "fallbacks": [],
    }


class TestWithProviders:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(
            settings,
            openai_api_key="key",
            gemini_api_key="key",
            ai_fallback=(AiProvider.GEMINI,),
            ai_models=("gpt-4.1", "gpt-4o-mini"),
        )

    async def test_the_models_are_listed_with_the_default_first(self, client: Client) -> None:
        answer = await client.get(MODELS, headers=await signed_in(client))
        assert answer.json() == {
            "available": True,
            "provider": "openai",
            "default": "gpt-4o-mini",
            "models": ["gpt-4o-mini", "gpt-4.1"],
            "fallbacks": ["gemini"],
        }
