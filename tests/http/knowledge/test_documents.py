import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests import packages
from tests.http.conftest import Client, signed_in

POLICY = "# Retention\n\nInvoices are kept for ten years.\n"
DOCUMENTS, UPLOAD = "/api/v1/documents", "/api/v1/documents/upload"


def file(content: bytes = POLICY.encode(), name: str = "policy.md") -> dict[str, Any]:
    return {"file": (name, content)}


async def uploaded(client: Client, headers: dict[str, str], text: str = POLICY) -> str:
    """The id of a document that is ready."""
    answer = await client.post(UPLOAD, headers=headers, files=file(text.encode()))
    document: str = answer.json()["id"]
    status = ""
    while status not in ("completed", "failed"):
        await asyncio.sleep(0)  # the worker's turn
        shown = await client.get(f"{DOCUMENTS}/{document}/status", headers=headers)
        status = shown.json()["processing_status"]
    return document


@pytest.mark.usefixtures("worker")
async def test_an_uploaded_document_is_read_and_shown(client: Client) -> None:
    ada = await signed_in(client)
    answer = await client.post(UPLOAD, headers=ada, files=file(), data={"title": "Policy"})
    assert answer.status_code == 201
    document = answer.json()["id"]
    assert answer.headers["location"] == f"{DOCUMENTS}/{document}"
    assert answer.json()["processing_status"] == "pending"

    await uploaded(client, ada)
    shown = (await client.get(f"{DOCUMENTS}/{document}", headers=ada)).json()
    assert (shown["title"], shown["original_filename"]) == ("Policy", "policy.md")
    assert (shown["chunk_count"], shown["page_count"]) == (1, 1)
    listed = (await client.get(DOCUMENTS, headers=ada)).json()
    assert [item["id"] for item in listed["items"]] == [document]

    content = (await client.get(f"{DOCUMENTS}/{document}/content", headers=ada)).json()
    assert content["content"] == POLICY
    (chunk,) = (await client.get(f"{DOCUMENTS}/{document}/chunks", headers=ada)).json()["items"]
    assert content["content"][chunk["start"] : chunk["end"]] == chunk["content"]


@pytest.mark.usefixtures("worker")
async def test_a_span_is_shown_with_its_neighbourhood(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    path = f"{DOCUMENTS}/{document}/content"
    shown = (await client.get(path, headers=ada, params={"start": 13, "end": 45})).json()
    begin = shown["start"]
    assert shown["content"][13 - begin : 45 - begin] == "Invoices are kept for ten years."
    for wrong in ({"start": 5}, {"start": 5, "end": 5}, {"start": -1, "end": 3}, {"start": "x"}):
        answer = await client.get(path, headers=ada, params=wrong)
        assert answer.status_code == 422, wrong


async def test_the_same_bytes_again_are_answered_with_the_document(client: Client) -> None:
    ada = await signed_in(client)
    first = await client.post(UPLOAD, headers=ada, files=file())
    again = await client.post(UPLOAD, headers=ada, files=file(name="copy.md"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


async def test_what_is_not_read_yet_is_a_conflict(client: Client) -> None:
    ada = await signed_in(client)
    document = (await client.post(UPLOAD, headers=ada, files=file())).json()["id"]
    for part in ("content", "chunks"):
        answer = await client.get(f"{DOCUMENTS}/{document}/{part}", headers=ada)
        assert (answer.status_code, answer.json()["code"]) == (409, "document_not_ready")


async def test_bytes_come_back_as_they_were_sent(client: Client) -> None:
    ada = await signed_in(client)
    sent = file(name='böse "name".md')
    document = (await client.post(UPLOAD, headers=ada, files=sent)).json()["id"]
    answer = await client.get(f"{DOCUMENTS}/{document}/download", headers=ada)
    assert answer.content == POLICY.encode()
    assert answer.headers["content-disposition"].startswith(
        "attachment; filename*=UTF-8''b%C3%B6se"
    )
    assert answer.headers["content-type"].startswith("text/markdown")


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"", "empty.md", 400, "empty_file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture.pdf", 415, "unsupported_file"),
        (b"text", "program.exe", 415, "unsupported_file"),
        (b"text\x00with NUL", "notes.txt", 415, "unsupported_file"),
    ],
)
async def test_a_bad_file_is_refused_and_leaves_nothing(
    client: Client, content: bytes, name: str, status: int, code: str
) -> None:
    ada = await signed_in(client)
    answer = await client.post(UPLOAD, headers=ada, files=file(content, name))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get(DOCUMENTS, headers=ada)).json()["items"] == []


async def test_a_file_without_a_name_is_refused(client: Client) -> None:
    ada = await signed_in(client)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\ntext\r\n--x--\r\n'
    )
    headers = ada | {"content-type": "multipart/form-data; boundary=x"}
    answer = await client.post(UPLOAD, headers=headers, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "unnamed_file")


async def test_a_form_that_is_none_is_refused(client: Client) -> None:
    ada = await signed_in(client)
    missing = await client.post(UPLOAD, headers=ada, files={"other": ("a.md", b"text")})
    two = [("file", ("a.md", b"text")), ("file", ("b.md", b"more"))]
    several = await client.post(UPLOAD, headers=ada, files=two)
    assert (several.status_code, several.json()["code"]) == (400, "several_files")
    assert (missing.status_code, missing.json()["code"]) == (400, "missing_file")
    unknown = await client.post(UPLOAD, headers=ada, files=file(), data={"owner": "eve"})
    assert unknown.status_code == 422
    nul = await client.post(UPLOAD, headers=ada, files=file(), data={"title": "a\x00b"})
    assert nul.status_code == 422
    json = await client.post(UPLOAD, headers=ada, json={"file": "text"})
    assert json.status_code == 415


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name="),
        ("multipart/form-data", b"--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\x89\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="title"\r\n'
            b"Content-Type: text/plain; charset=none\r\n\r\ntext\r\n--x--\r\n",
        ),
    ],
    ids=["cut", "without a boundary", "an unnamed file that is no text", "of an unknown charset"],
)
async def test_a_form_that_cannot_be_read_is_refused(
    client: Client, media_type: str, body: bytes
) -> None:
    ada = await signed_in(client)
    answer = await client.post(UPLOAD, headers=ada | {"content-type": media_type}, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "form cannot be read" in answer.json()["detail"]


async def test_what_is_said_of_a_document_comes_with_it_or_later(client: Client) -> None:
    ada = await signed_in(client)
    said: dict[str, Any] = {"category": "policy", "jurisdiction": "de", "keywords": "Tax, VAT"}
    sent = await client.post(UPLOAD, headers=ada, files=file(), data=said)
    document = sent.json()
    assert (document["category"], document["jurisdiction"]) == ("policy", "DE")
    assert document["keywords"] == ["tax", "vat"]
    many = file(b"other", "other.md")
    several = await client.post(
        UPLOAD, headers=ada, files=many, data={"keywords": ["tax", "invoice"]}
    )
    assert several.json()["keywords"] == ["invoice", "tax"]

    place = f"{DOCUMENTS}/{document['id']}"
    changed = await client.patch(place, headers=ada, json={"practice_area": "law", "title": "T"})
    assert changed.status_code == 200
    assert changed.json() == (await client.get(place, headers=ada)).json()
    assert (changed.json()["practice_area"], changed.json()["category"]) == ("law", "policy")


@pytest.mark.parametrize(
    "said",
    [
        {"category": "novel"},
        {"keywords": ["x" * 101]},
        {"keywords": [str(n) for n in range(51)]},
        {"jurisdiction": "x" * 101},
        {"title": " "},
        {"title": None},
        {"practice_area": "a\x00b"},
        {"sha256": "0"},
    ],
)
async def test_what_cannot_be_said_of_a_document_is_refused(
    client: Client, said: dict[str, Any]
) -> None:
    ada = await signed_in(client)
    sent = await client.post(UPLOAD, headers=ada, files=file())
    place = f"{DOCUMENTS}/{sent.json()['id']}"
    answer = await client.patch(place, headers=ada, json=said)
    assert answer.status_code == 422
    assert (await client.get(place, headers=ada)).json() == sent.json()


async def test_a_file_of_51_mib_is_too_large(client: Client) -> None:
    ada = await signed_in(client)
    answer = await client.post(UPLOAD, headers=ada, files=file(b"x" * 51 * 1024 * 1024, "big.txt"))
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get(DOCUMENTS, headers=ada)).json()["items"] == []


@pytest.mark.usefixtures("worker")
async def test_another_users_document_is_not_there(client: Client) -> None:
    ada, bob = await signed_in(client), await signed_in(client, "bob@example.org")
    document = await uploaded(client, ada)
    unknown = await client.get(f"{DOCUMENTS}/{uuid4()}", headers=bob)
    for method, part in [
        ("GET", ""),
        ("GET", "/status"),
        ("GET", "/content"),
        ("GET", "/chunks"),
        ("GET", "/download"),
        ("PATCH", ""),
        ("DELETE", ""),
    ]:
        body = {"title": "Mine"} if method == "PATCH" else None
        place = f"{DOCUMENTS}/{document}{part}"
        answer = await client.request(method, place, headers=bob, json=body)
        assert answer.status_code == 404, part
        assert answer.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert (await client.get(DOCUMENTS, headers=bob)).json()["items"] == []
    found = await client.post("/api/v1/search", headers=bob, json={"query": "invoices"})
    assert found.json()["items"] == []
    assert (await client.get(f"{DOCUMENTS}/{document}", headers=ada)).status_code == 200


@pytest.mark.usefixtures("worker")
async def test_a_deleted_document_is_gone(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    assert (await client.delete(f"{DOCUMENTS}/{document}", headers=ada)).status_code == 204
    assert (await client.delete(f"{DOCUMENTS}/{document}", headers=ada)).status_code == 404
    found = await client.post("/api/v1/search", headers=ada, json={"query": "invoices"})
    assert found.json()["items"] == []


@pytest.mark.usefixtures("worker")
async def test_search_finds_passages(client: Client) -> None:
    ada = await signed_in(client)
    document = await uploaded(client, ada)
    answer = await client.post(
        "/api/v1/search", headers=ada, json={"query": "How long are invoices kept?"}
    )
    assert answer.status_code == 200
    (item,) = answer.json()["items"]
    assert item["document_id"] == document
    assert item["text"] == POLICY.strip()
    assert not answer.json()["semantic"]


@pytest.mark.parametrize(
    "query",
    [
        {"query": ""},
        {"query": "x" * 2001},
        {"query": "a\x00b"},
        {"query": "x", "limit": 51},
        {"query": "x", "mode": "psychic"},
        {"query": "x", "document_ids": ["7"]},
        {"query": "x", "user_id": str(uuid4())},
        {},
    ],
)
async def test_a_bad_query_is_refused(client: Client, query: dict[str, Any]) -> None:
    ada = await signed_in(client)
    assert (await client.post("/api/v1/search", headers=ada, json=query)).status_code == 422


async def test_pages_follow_each_other(client: Client) -> None:
    ada = await signed_in(client)
    for number in range(3):
        await client.post(
            UPLOAD, headers=ada, files=file(f"Text {number}.".encode(), f"{number}.md")
        )
    first = (await client.get(DOCUMENTS, headers=ada, params={"size": 2})).json()
    rest = (await client.get(DOCUMENTS, headers=ada, params={"after": first["next"]})).json()
    names = [item["original_filename"] for item in first["items"] + rest["items"]]
    assert names == ["2.md", "1.md", "0.md"]
    assert rest["next"] is None
    for wrong in ({"size": 0}, {"size": 101}, {"after": "x"}):
        assert (await client.get(DOCUMENTS, headers=ada, params=wrong)).status_code == 422


async def test_anybody_may_ask_what_may_be_uploaded(client: Client) -> None:
    answer = await client.get(f"{DOCUMENTS}/formats")
    assert answer.status_code == 200
    pdf = {"extension": ".pdf", "media_type": "application/pdf", "max_bytes": 50 * 1024 * 1024}
    assert pdf in answer.json()
    kinds = {"pdf", "docx", "doc", "odt", "rtf", "txt", "md", "html", "csv", "epub", "pptx", "xlsx"}
    assert kinds <= {one["extension"][1:] for one in answer.json()}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.doc", b"{\\rtf1\\ansi words}"),
        ("a.docx", packages.pptx(packages.shape("Words"))),
        ("a.epub", packages.odt("")),
        ("a.html", b"just words"),
        ("a.xls", packages.word_97()),
    ],
)
async def test_what_is_called_one_thing_and_is_another_is_refused(
    client: Client, name: str, content: bytes
) -> None:
    ada = await signed_in(client)
    answer = await client.post(UPLOAD, headers=ada, files=file(content, name))
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_file")
    assert (await client.get(DOCUMENTS, headers=ada)).json()["items"] == []
