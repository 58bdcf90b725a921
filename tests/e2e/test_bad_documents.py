"""What somebody hears who sends what cannot be read, and that nothing is left of it."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import asyncpg
import httpx
import pytest

from entrypoints.embedded_postgres import Cluster
from tests import documents, packages
from tests.e2e.conftest import Server, serving
from tests.e2e.test_main_job import ACCOUNT, sign_in, until
from tests.running import PATIENCE, QUICKLY

MIB = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n" + bytes(500)
REFUSED = [
    ("empty.pdf", b"", 400, "empty_file", "the file is empty"),
    (
        "photo.pdf",
        PNG,
        415,
        "unsupported_file",
        "photo.pdf is not a .pdf file, whatever its name says",
    ),
    (
        "notes.txt",
        b"a\0b",
        415,
        "unsupported_file",
        "notes.txt is not a .txt file, whatever its name says",
    ),
    (
        "setup.exe",
        b"MZ",
        415,
        "unsupported_file",
        "a document is .pdf, .docx, .doc, .odt, .rtf, .txt, .md, .markdown, .html, .htm, .csv, .epub, "
        ".pptx, .xlsx, not .exe",
    ),
    (
        "old.docx",
        packages.word_97(),
        415,
        "unsupported_file",
        "old.docx is not a .docx file, whatever its name says",
    ),
    ("large.txt", b"a" * (50 * MIB + 1), 413, "file_too_large", "a document may have 50 MiB"),
    ("larger.txt", b"a" * 51 * MIB, 413, "file_too_large", "a document may have 50 MiB"),
]
# Its bytes, the code of the failure, and a part of the advice.
UNREADABLE = {
    "secret.pdf": (documents.encrypted_pdf(b"secret", b"owner"), "encrypted", "without one"),
    "cut.pdf": (documents.typeset("Some text. " * 200)[:3000], "corrupt", "save it anew"),
    "scan.pdf": (documents.scanned_pdf(), "no_text", "text recognition (OCR)"),
    "bomb.pdf": (documents.pdf_bomb(300 * MIB), "too_large", "too much memory"),
    "bomb.docx": (documents.docx_bomb(), "too_large", "256 MiB"),
    "older.doc": (packages.word_95(), "unsupported", "Word 95"),
    "locked.doc": (packages.encrypted_word_97(), "encrypted", "without one"),
    "blank.txt": (b" \n\f ", "no_text", "there is no text in it"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, EXTRACTION_MEMORY_MB="128") as server, server.client() as client:
        sign_in(client)
        yield server
        assert "Traceback" not in server.output
        assert server.stop() < QUICKLY


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        form = {"username": ACCOUNT["email"], "password": ACCOUNT["password"]}
        token = client.post("/auth/login", data=form).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def kept(server: Server) -> tuple[int, dict[str, int]]:
    """How many objects are on the disk, and rows in the tables of documents."""
    objects = [path for path in (server.data / "objects").rglob("*") if path.is_file()]
    return len(objects), asyncio.run(_rows(server.data / "pg"))


async def _rows(cluster: Path) -> dict[str, int]:
    connection = await asyncpg.connect(Cluster(cluster).url(), ssl=False)
    try:
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            for table in ("stored_files", "documents", "chunks", "postings")
        }
    finally:
        await connection.close()


def assert_problem(answer: httpx.Response, status: int, code: str, detail: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"], problem["detail"]) == (status, code, detail)


@pytest.mark.parametrize(
    ("name", "content", "status", "code", "detail"), REFUSED, ids=[name for name, *_ in REFUSED]
)
def test_a_file_that_cannot_be_taken_is_refused_at_once(
    server: Server,
    client: httpx.Client,
    name: str,
    content: bytes,
    status: int,
    code: str,
    detail: str,
) -> None:
    before = kept(server)
    answer = client.post("/documents/upload", files={"file": (name, content)})
    assert_problem(answer, status, code, detail)
    assert kept(server) == before


@pytest.mark.parametrize(
    ("name", "code", "detail"),
    [
        (
            b"",
            "unnamed_file",
            "the file has no name: send it with one, as the `filename` of its part",
        ),
        (b"a\0b.txt", "invalid_file_name", "the file's name has a NUL in it"),
    ],
    ids=["none", "with a NUL"],
)
def test_a_name_that_is_none_is_refused(
    server: Server, client: httpx.Client, name: bytes, code: str, detail: str
) -> None:
    before = kept(server)
    part = b'Content-Disposition: form-data; name="file"; filename="%b"\r\n\r\ntext' % name
    headers = {"content-type": "multipart/form-data; boundary=x"}
    body = b"--x\r\n%b\r\n--x--\r\n" % part
    answer = client.post("/documents/upload", content=body, headers=headers)
    assert_problem(answer, 400, code, detail)
    assert kept(server) == before


@pytest.mark.skipif(which("curl") is None, reason="there is no curl here")
def test_curl_shows_why_51_mib_are_too_much(
    server: Server, client: httpx.Client, tmp_path: Path
) -> None:
    """Whether it asks first (`Expect: 100-continue`), sends at once, or does not say how much."""
    large = tmp_path / "large.txt"
    large.write_bytes(b"a" * 51 * MIB)
    url = f"http://127.0.0.1:{server.port}/api/v1/documents/upload"
    curl = ["curl", "-sS", "-H", f"authorization: {client.headers['authorization']}", url]
    for manner in ([], ["-H", "Expect:"], ["-H", "Transfer-Encoding: chunked"]):
        run = [*curl, *manner, "-F", f"file=@{large}"]
        shown = subprocess.run(run, capture_output=True, check=False, timeout=PATIENCE)
        assert (shown.returncode, shown.stderr) == (0, b"")
        assert b"a document may have 50 MiB" in shown.stdout


def test_a_document_that_cannot_be_read_says_why_and_what_to_do(
    server: Server, client: httpx.Client
) -> None:
    before = kept(server)
    sent = {}
    for name, (content, _, _) in UNREADABLE.items():
        answer = client.post("/documents/upload", files={"file": (name, content)})
        assert answer.status_code == 201, answer.text
        sent[name] = answer.json()["id"]
    for name, (_, code, advice) in UNREADABLE.items():
        status = until(client, sent[name], "completed")
        assert status["processing_status"] == "failed", name
        assert status["processing_error"]["code"] == code, name
        assert advice in status["processing_error"]["detail"], name
        listed = client.get(f"/documents/{sent[name]}").json()
        assert listed["processing_error"] == status["processing_error"]
        assert client.get(f"/documents/{sent[name]}/content").json()["code"] == "document_not_ready"
    assert kept(server)[1]["chunks"] == before[1]["chunks"]

    for document in sent.values():
        assert client.delete(f"/documents/{document}").status_code == 204
    end = time.monotonic() + PATIENCE
    while kept(server) != before and time.monotonic() < end:
        time.sleep(0.1)
    assert kept(server) == before


def test_a_document_that_failed_is_tried_again(client: httpx.Client) -> None:
    content, code, _ = UNREADABLE["scan.pdf"]
    first = client.post("/documents/upload", files={"file": ("scan.pdf", content)}).json()["id"]
    until(client, first, "completed")
    again = client.post("/documents/upload", files={"file": ("scan.pdf", content)})
    assert (again.status_code, again.json()["id"]) == (200, first)
    assert again.json()["processing_status"] == "pending"
    assert until(client, first, "completed")["processing_error"]["code"] == code


@pytest.mark.parametrize(
    ("body", "status", "code", "detail"),
    [
        (b'{"query":', 400, "bad_request", "the body is not JSON: Input data was truncated"),
        (b'{"query":"\xe9 "}', 400, "bad_request", "the body is not JSON: it is not in UTF-8"),
        (b"{}", 422, "invalid", "/query: Object missing required field `query`"),
        (
            b'{"query":"late","owner":"eve"}',
            422,
            "invalid",
            "/owner: Object contains unknown field `owner`",
        ),
        (b'{"query":7}', 422, "invalid", "/query: Expected `str`, got `int`"),
        (b'{"query":"a\\u0000b"}', 422, "invalid", "/query: Expected `str` without NUL (U+0000)"),
    ],
)
def test_a_body_that_is_wrong_is_told_where(
    client: httpx.Client, body: bytes, status: int, code: str, detail: str
) -> None:
    headers = {"content-type": "application/json"}
    assert_problem(client.post("/search", content=body, headers=headers), status, code, detail)


def test_an_address_has_one_account(client: httpx.Client) -> None:
    again = ACCOUNT | {"email": ACCOUNT["email"].upper()}
    answer = client.post("/auth/register", json=again)
    assert_problem(answer, 409, "email_taken", "this e-mail has an account already")
