"""The door that speaks OpenAI's protocol, over the memory container and a scripted provider."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from dishka import AsyncContainer

from adapters.memory.store import Store
from domain.conversations.message import FinishReason, Message
from entrypoints.http.completions import routes
from entrypoints.settings import AiProvider, Settings
from tests.http.conftest import Client, signed_in
from tests.http.conversations.test_conversations import ASKED, CONVERSATIONS
from tests.http.knowledge.test_documents import uploaded
from tests.model_provider.process import KEY, ModelProvider, running

COMPLETIONS = "/v1/chat/completions"
QUOTE = "Invoices are kept for ten years."

type Turn = dict[str, str]


@pytest.fixture(scope="module")
def provider() -> Iterator[ModelProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def settings(settings: Settings, provider: ModelProvider) -> Settings:
    return msgspec.structs.replace(
        settings,
        ai_provider=AiProvider.OPENAI,
        ai_models=("cut-after", "silent"),
        openai_base_url=provider.base_url,
        openai_api_key=KEY,
        openai_model="cites",
    )


@pytest.fixture
async def ada(client: Client) -> dict[str, str]:
    """With a document, which may be sent to the provider."""
    headers = await signed_in(client)
    await uploaded(client, headers)
    consent = "/api/v1/privacy/consents/ai_external.documents"
    assert (await client.put(consent, headers=headers, json={"granted": True})).status_code == 200
    return headers


def user(content: str) -> Turn:
    return {"role": "user", "content": content}


async def complete(client: Client, headers: dict[str, str], *said: Turn, **more: Any) -> Any:
    """The answer's message, as its client would send it again."""
    body = {"model": "extractive", "messages": said} | more
    answer = await client.post(COMPLETIONS, headers=headers, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["choices"][0]["message"]


def chunks(stream: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in stream.splitlines() if line]
    return [msgspec.json.decode(line) for line in lines if line != "[DONE]"]


async def conversations(client: Client, headers: dict[str, str]) -> Any:
    kept = await client.get(CONVERSATIONS, headers=headers, params={"archived": True})
    return kept.json()["items"]


async def messages(client: Client, headers: dict[str, str], conversation: Any) -> list[str]:
    place = f"{CONVERSATIONS}/{conversation['id']}/messages"
    listed = await client.get(place, headers=headers, params={"limit": 100})
    return [one["content"] for one in listed.json()]


async def test_openais_shape_of_failures(client: Client) -> None:
    ada = await signed_in(client)
    stranger = await client.get("/v1/models")
    assert stranger.status_code == 401
    assert stranger.json()["error"]["code"] == "invalid_api_key"
    for sent in ({"model": "extractive"}, {"model": "extractive", "messages": []}, {}):
        refused = await client.post("/v1/chat/completions", headers=ada, json=sent)
        assert refused.status_code == 400, refused.text
        assert refused.json()["error"]["type"] == "invalid_request_error"
    last = {"model": "extractive", "messages": [{"role": "assistant", "content": "Hello."}]}
    refused = await client.post("/v1/chat/completions", headers=ada, json=last)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "no_question")


@pytest.mark.usefixtures("worker")
async def test_a_chat_that_goes_on_is_one_conversation_that_holds_each_message_once(
    client: Client, ada: dict[str, str]
) -> None:
    said: list[Turn] = []
    for number in range(3):
        said.append(user(f"{ASKED} ({number})"))
        message = await complete(client, ada, *said, temperature=0.3)
        assert message["content"].startswith(f"{QUOTE}\n\n[1] ")
        said.append({"role": "assistant", "content": message["content"]})
    (conversation,) = await conversations(client, ada)
    questions = [one["content"] for one in said[::2]]
    assert (await messages(client, ada, conversation))[::2] == questions
    assert conversation["message_count"] == 6
    assert conversation["title"] == questions[0]


@pytest.mark.usefixtures("worker")
async def test_a_question_that_is_put_otherwise_begins_a_branch(
    client: Client, ada: dict[str, str]
) -> None:
    first = await complete(client, ada, user(ASKED))
    before = [user(ASKED), {"role": "assistant", "content": first["content"]}]
    for question in ("And emails?", "And letters?"):
        await complete(client, ada, *before, user(question))
    (conversation,) = await conversations(client, ada)
    place = f"{CONVERSATIONS}/{conversation['id']}/messages"
    listed = (await client.get(place, headers=ada, params={"limit": 100})).json()
    branches = [one for one in listed if one["is_user"]][1:]
    assert [one["content"] for one in branches] == ["And emails?", "And letters?"]
    assert len({one["parent_id"] for one in branches}) == 1


@pytest.mark.usefixtures("worker")
async def test_what_was_said_elsewhere_or_changed_is_kept_as_it_was_sent(
    client: Client, ada: dict[str, str]
) -> None:
    elsewhere = [user("Hello!"), {"role": "assistant", "content": "Good morning."}]
    await complete(client, ada, *elsewhere, user(ASKED))
    answer = await complete(client, ada, user(ASKED))
    changed = {"role": "assistant", "content": "They are burnt at once."}
    await complete(client, ada, user(ASKED), changed, user("Why?"))
    found = [await messages(client, ada, one) for one in await conversations(client, ada)]
    assert [one[:3] for one in found[::-1]] == [
        ["Hello!", "Good morning.", ASKED],
        [ASKED, QUOTE],
        [ASKED, "They are burnt at once.", "Why?"],
    ]
    assert answer["content"].startswith(QUOTE)


@pytest.mark.usefixtures("worker")
async def test_a_model_is_told_what_was_said_before(
    client: Client, ada: dict[str, str], provider: ModelProvider
) -> None:
    first = await complete(client, ada, user(ASKED), model="cites")
    before = [user(ASKED), {"role": "assistant", "content": first["content"]}]
    provider.reset()
    await complete(client, ada, *before, user("How long is email kept?"), model="cites")
    (request,) = provider.requests()
    turns = msgspec.json.decode(request["body"])["messages"]
    assert [one["role"] for one in turns] == ["system", "user", "assistant", "user"]
    assert turns[1]["content"] == ASKED
    assert QUOTE in turns[2]["content"]
    assert "http" not in turns[2]["content"], "the list of sources below it is for people"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("stream", [False, True])
async def test_an_annotation_is_at_the_marker(
    client: Client, ada: dict[str, str], stream: bool
) -> None:
    body = {"model": "cites", "messages": [user(ASKED)], "stream": stream}
    answer = await client.post(COMPLETIONS, headers=ada, json=body)
    if stream:
        deltas = [one["choices"][0]["delta"] for one in chunks(answer.text)]
        text = "".join(one.get("content", "") for one in deltas)
        notes = [note for one in deltas for note in one.get("annotations", [])]
    else:
        message = answer.json()["choices"][0]["message"]
        text, notes = message["content"], message["annotations"]
    assert notes
    for place in (one["url_citation"] for one in notes):
        assert text[place["start_index"] : place["end_index"]] == "[1]"


@pytest.mark.usefixtures("worker")
async def test_an_annotation_of_a_quote_is_all_of_it_whatever_it_holds(
    client: Client, ada: dict[str, str]
) -> None:
    text = "# Penalties\n\nLate deliveries [1] are fined, see note [2] of the penalties list.\n"
    await uploaded(client, ada, text)
    message = await complete(client, ada, user("Which late deliveries are fined?"))
    (note,) = message["annotations"]
    place = note["url_citation"]
    quote = "Late deliveries [1] are fined, see note [2] of the penalties list."
    assert message["content"][place["start_index"] : place["end_index"]] == quote


@pytest.mark.usefixtures("worker")
async def test_an_answer_that_broke_off_is_no_answer(client: Client, ada: dict[str, str]) -> None:
    body = {"model": "cut-after", "messages": [user(ASKED)]}
    whole = await client.post(COMPLETIONS, headers=ada, json=body)
    assert (whole.status_code, whole.json()["error"]["code"]) == (503, "model_broken")
    assert whole.headers["x-should-retry"] == "false"
    streamed = await client.post(COMPLETIONS, headers=ada, json=body | {"stream": True})
    assert chunks(streamed.text)[-1]["error"]["code"] == "model_broken"


@pytest.mark.usefixtures("worker")
async def test_an_answer_that_is_not_there_in_time_is_no_answer(
    client: Client, ada: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_PATIENCE", 0.2)
    body = {"model": "silent", "messages": [user(ASKED)]}
    late = await client.post(COMPLETIONS, headers=ada, json=body)
    assert (late.status_code, late.json()["error"]["code"]) == (503, "unavailable")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (None, "stop"),
        (FinishReason.STOP, "stop"),
        (FinishReason.LENGTH, "length"),
        (FinishReason.CONTENT_FILTER, "content_filter"),
        (FinishReason.OTHER, "stop"),
    ],
)
async def test_an_answer_that_was_cut_says_so(
    client: Client,
    ada: dict[str, str],
    memory: AsyncContainer,
    reason: FinishReason | None,
    told: str,
) -> None:
    headers, body = ada | {"idempotency-key": "k"}, {"model": "cites", "messages": [user(ASKED)]}
    await client.post(COMPLETIONS, headers=headers, json=body)
    for message in (await memory.get(Store)).table(Message).values():
        message.finish_reason = reason
    again = await client.post(COMPLETIONS, headers=headers, json=body)
    assert again.json()["choices"][0]["finish_reason"] == told
    shown = again.json()["id"].removeprefix("chatcmpl-")
    message = (await client.get(f"/api/v1/messages/{shown}", headers=ada)).json()
    assert message["finish_reason"] == reason
