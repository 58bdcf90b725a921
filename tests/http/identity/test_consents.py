import pytest

from tests.http.conftest import Client, signed_in

CONSENTS = "/api/v1/privacy/consents"


async def test_every_purpose_is_listed_with_what_it_means_and_none_is_granted(
    client: Client,
) -> None:
    consents = (await client.get(CONSENTS, headers=await signed_in(client))).json()
    assert {"ai_external.documents", "email.import", "marketing"} <= {
        consent["purpose"] for consent in consents
    }
    assert not any(consent["granted"] for consent in consents)
    assert all(consent["notice"] for consent in consents)


async def test_a_consent_is_granted_and_withdrawn_and_both_are_remembered(client: Client) -> None:
    ada = await signed_in(client)
    granted = await client.put(f"{CONSENTS}/marketing", json={"granted": True}, headers=ada)
    assert granted.json()["granted"]
    withdrawn = await client.put(f"{CONSENTS}/marketing", json={"granted": False}, headers=ada)
    assert not withdrawn.json()["granted"]
    assert withdrawn.json()["granted_at"] == granted.json()["granted_at"]
    history = (await client.get(f"{CONSENTS}/history", headers=ada)).json()
    assert [event["action"] for event in history["items"]] == ["withdrawn", "granted"]
    assert len(history["items"][0]["notice_sha256"]) == 64


@pytest.mark.parametrize(
    ("purpose", "body", "code"),
    [
        ("selling", {"granted": True}, "unknown_purpose"),
        ("marketing", {"granted": True, "notice_version": "1999-01"}, "unknown_notice"),
        ("marketing", {"granted": "yes"}, "invalid"),
        ("marketing", {"granted": True, "user_id": "x"}, "invalid"),
    ],
)
async def test_what_cannot_be_decided_is_refused(
    client: Client, purpose: str, body: dict[str, object], code: str
) -> None:
    answer = await client.put(f"{CONSENTS}/{purpose}", json=body, headers=await signed_in(client))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
