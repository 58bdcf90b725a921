import asyncio
from typing import Any

import pytest
from dishka import AsyncContainer

from adapters.memory.store import Store
from application.files.ports import Objects
from domain.files.file import StoredFile
from tests.http.conftest import Client, signed_in

AVATAR, ME = "/api/v1/users/me/avatar", "/api/v1/users/me"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
GIF = b"GIF89a" + bytes(100)


def picture(content: bytes = PNG, name: str = "ada.png") -> dict[str, Any]:
    return {"file": (name, content)}


async def objects(memory: AsyncContainer) -> list[str]:
    storage = await memory.get(Objects)
    return [one.key async for batch in storage.listed() for one in batch]


async def until_kept(memory: AsyncContainer, keys: list[str]) -> None:
    """Once the worker had its turn."""
    async with asyncio.timeout(20):
        while await objects(memory) != keys:  # noqa: ASYNC110  it happens elsewhere
            await asyncio.sleep(0)


async def test_a_picture_is_kept_and_shown_to_its_owner(client: Client) -> None:
    ada, bob = await signed_in(client), await signed_in(client, "bob@example.org")
    assert (await client.get(ME, headers=ada)).json()["avatar_url"] is None
    answer = await client.put(AVATAR, headers=ada, files=picture())
    assert answer.status_code == 200
    url = answer.json()["avatar_url"]
    assert url.startswith("/api/v1/files/")
    assert (await client.get(ME, headers=ada)).json()["avatar_url"] == url
    shown = await client.get(url, headers=ada)
    assert (shown.content, shown.headers["content-type"]) == (PNG, "image/png")
    assert (await client.get(url, headers=bob)).status_code == 404


@pytest.mark.usefixtures("worker")
async def test_another_picture_takes_the_place_of_the_first(
    client: Client, memory: AsyncContainer
) -> None:
    ada = await signed_in(client)
    first = (await client.put(AVATAR, headers=ada, files=picture())).json()["avatar_url"]
    answer = await client.put(AVATAR, headers=ada, files=picture(GIF, "ada.gif"))
    second = answer.json()["avatar_url"]
    assert (await client.get(first, headers=ada)).status_code == 404
    assert (await client.get(second, headers=ada)).content == GIF
    (file,) = (await memory.get(Store)).table(StoredFile).values()
    await until_kept(memory, [file.storage_key])


@pytest.mark.usefixtures("worker")
async def test_a_removed_picture_is_gone(client: Client, memory: AsyncContainer) -> None:
    ada = await signed_in(client)
    url = (await client.put(AVATAR, headers=ada, files=picture())).json()["avatar_url"]
    for _ in range(2):
        assert (await client.delete(AVATAR, headers=ada)).status_code == 204
    assert (await client.get(ME, headers=ada)).json()["avatar_url"] is None
    assert (await client.get(url, headers=ada)).status_code == 404
    await until_kept(memory, [])


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"", "a.png", 400, "empty_file"),
        (GIF, "a.png", 415, "unsupported_file"),
        (b"<svg onload='alert(1)'/>", "a.svg", 415, "unsupported_file"),
        (b"%PDF-1.7", "a.pdf", 415, "unsupported_file"),
        (PNG + bytes(10 * 1024 * 1024), "a.png", 413, "file_too_large"),
        (PNG + bytes(12 * 1024 * 1024), "a.png", 413, "file_too_large"),
    ],
)
async def test_a_bad_picture_is_refused_and_the_one_of_before_stays(
    client: Client, memory: AsyncContainer, content: bytes, name: str, status: int, code: str
) -> None:
    ada = await signed_in(client)
    url = (await client.put(AVATAR, headers=ada, files=picture())).json()["avatar_url"]
    answer = await client.put(AVATAR, headers=ada, files=picture(content, name))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get(url, headers=ada)).content == PNG
    assert len(await objects(memory)) == 1


async def test_a_form_without_a_picture_or_with_more_is_refused(client: Client) -> None:
    ada = await signed_in(client)
    missing = await client.put(AVATAR, headers=ada, files={"other": ("a.png", PNG)})
    assert (missing.status_code, missing.json()["code"]) == (400, "missing_file")
    more = await client.put(AVATAR, headers=ada, files=picture(), data={"title": "me"})
    assert more.status_code == 422
    assert (await client.put(AVATAR, files=picture())).status_code == 401
