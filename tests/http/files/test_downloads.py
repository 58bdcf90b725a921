"""Documents' bytes and files' bytes are answered by the same rules."""

import hashlib
from typing import Any

import pytest
from dishka import AsyncContainer
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.store import Store
from application.files.ports import Objects
from domain.files.file import StoredFile
from domain.files.ranges import ByteRange, RangeNotSatisfiable
from entrypoints.http.downloads import requested
from tests.http.conftest import Client, signed_in

TEXT = b"0123456789" * 20_000
SIZE = len(TEXT)
ETAG = f'"{hashlib.sha256(TEXT).hexdigest()}"'


@pytest.fixture(params=["document", "file"])
async def place(
    request: pytest.FixtureRequest, client: Client, memory: AsyncContainer
) -> tuple[str, dict[str, str]]:
    """The path of a file of Ada's, and her headers."""
    ada = await signed_in(client)
    sent = {"file": ("numbers of Größe.txt", TEXT)}
    answer = await client.post("/api/v1/documents/upload", headers=ada, files=sent)
    if request.param == "document":
        return f"/api/v1/documents/{answer.json()['id']}/download", ada
    (file,) = (await memory.get(Store)).table(StoredFile).values()
    return f"/api/v1/files/{file.id}", ada


type Place = tuple[str, dict[str, str]]


async def test_the_whole_file_comes_as_it_was_sent(client: Client, place: Place) -> None:
    path, ada = place
    answer = await client.get(path, headers=ada)
    assert (answer.status_code, answer.content) == (200, TEXT)
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["etag"] == ETAG
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    name = "numbers%20of%20Gr%C3%B6%C3%9Fe.txt"
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=100000-", 100_000, SIZE),
        ("bytes=-7", SIZE - 7, SIZE),
        (f"bytes={SIZE - 1}-{SIZE + 500}", SIZE - 1, SIZE),
        ("bytes=-99999999", 0, SIZE),
    ],
)
async def test_a_part_is_answered_with_where_it_is(
    client: Client, place: Place, asked: str, start: int, end: int
) -> None:
    path, ada = place
    answer = await client.get(path, headers=ada | {"range": asked})
    assert (answer.status_code, answer.content) == (206, TEXT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)
    assert answer.headers["etag"] == ETAG


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
async def test_a_part_behind_the_end_is_refused(client: Client, place: Place, asked: str) -> None:
    path, ada = place
    answer = await client.get(path, headers=ada | {"range": asked})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-9", "bytes=9-5", "bytes=-", "bytes=a-b", "lines=0-1", "bytes 0-1", ""]
)
async def test_what_is_not_one_range_is_answered_with_the_whole(
    client: Client, place: Place, asked: str
) -> None:
    path, ada = place
    answer = await client.get(path, headers=ada | {"range": asked})
    assert (answer.status_code, len(answer.content)) == (200, SIZE)


async def test_a_part_is_only_of_the_file_that_the_client_began(
    client: Client, place: Place
) -> None:
    path, ada = place
    part = ada | {"range": "bytes=0-9"}
    same = await client.get(path, headers=part | {"if-range": ETAG})
    assert same.status_code == 206
    for other in ('"another"', f"W/{ETAG}", "Wed, 21 Oct 2026 07:28:00 GMT"):
        answer = await client.get(path, headers=part | {"if-range": other})
        assert (answer.status_code, len(answer.content)) == (200, SIZE)


@pytest.mark.parametrize("tags", [ETAG, f"W/{ETAG}", f'"x", {ETAG}', "*"])
async def test_what_the_client_has_is_not_sent_again(
    client: Client, place: Place, tags: str
) -> None:
    path, ada = place
    answer = await client.get(path, headers=ada | {"if-none-match": tags, "range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == ETAG
    changed = await client.get(path, headers=ada | {"if-none-match": '"x"'})
    assert changed.status_code == 200


async def test_head_says_the_same_without_the_bytes(client: Client, place: Place) -> None:
    path, ada = place
    told = await client.head(path, headers=ada)
    sent = await client.get(path, headers=ada)
    assert (told.status_code, told.content) == (200, b"")
    names = ("content-length", "content-type", "etag", "accept-ranges", "content-disposition")
    assert [told.headers[name] for name in names] == [sent.headers[name] for name in names]
    part = await client.head(path, headers=ada | {"range": "bytes=5-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "5")


async def test_another_users_file_is_not_there(client: Client, place: Place) -> None:
    path, _ = place
    bob = await signed_in(client, "bob@example.org")
    for method in ("GET", "HEAD"):
        assert (await client.request(method, path, headers=bob)).status_code == 404
        assert (await client.request(method, path)).status_code == 401


async def test_an_api_key_needs_the_scope_of_what_the_file_is_for(
    client: Client, place: Place
) -> None:
    path, ada = place
    for scope, status in [("documents", 200), ("profile", 403)]:
        made = await client.post(
            "/api/v1/auth/api-keys", headers=ada, json={"name": "program", "scopes": [scope]}
        )
        key = {"authorization": f"Bearer {made.json()['key']}"}
        assert (await client.get(path, headers=key)).status_code == status


async def test_a_file_whose_bytes_are_lost_is_a_problem_and_no_broken_answer(
    client: Client, place: Place, memory: AsyncContainer
) -> None:
    path, ada = place
    (file,) = (await memory.get(Store)).table(StoredFile).values()
    await (await memory.get(Objects)).remove(file.storage_key)
    answer = await client.get(path, headers=ada)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_bytes_of_a_deleted_document_are_gone_at_once(
    client: Client, memory: AsyncContainer
) -> None:
    """No worker runs: what was made of it has not been purged."""
    ada = await signed_in(client)
    sent = {"file": ("a.txt", TEXT)}
    answer = await client.post("/api/v1/documents/upload", headers=ada, files=sent)
    (file,) = (await memory.get(Store)).table(StoredFile).values()
    assert (await client.get(f"/api/v1/files/{file.id}", headers=ada)).status_code == 200
    await client.delete(f"/api/v1/documents/{answer.json()['id']}", headers=ada)
    assert (await client.get(f"/api/v1/files/{file.id}", headers=ada)).status_code == 404


_NUMBER = st.integers(0, 30)


@given(size=st.integers(1, 20), first=st.none() | _NUMBER, last=st.none() | _NUMBER)
def test_a_range_is_what_slicing_makes_of_it(
    size: int, first: int | None, last: int | None
) -> None:
    content = bytes(range(size))
    text = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    if first is not None:
        wanted = content[first : None if last is None else last + 1]
        ignored = last is not None and last < first
    else:
        wanted = content[max(0, size - (last or 0)) :]
        ignored = last is None
    found: Any = b"416"
    try:
        part = requested({"range": text}, size, '"x"')
        found = content[part.start : part.end] if isinstance(part, ByteRange) else None
    except RangeNotSatisfiable:
        pass
    assert found == (None if ignored else wanted or b"416")
