"""`make demo`: the main job, shown in a terminal, against the running server."""

import secrets
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from entrypoints.settings import Settings

DOCUMENT = Path(__file__).parent.parent / "docs" / "demo" / "services-agreement.pdf"
_STEPS = ("extract", "chunk", "index", "embed", "publish")
_AROUND = 240  # characters of a page shown before and after a quote

_console = Console()


class ServerDown(Exception):
    """Nothing answers where the server should be."""


def play(settings: Settings, path: Path, question: str) -> None:
    """Sign up, upload, wait, ask, show. Raises ServerDown."""
    address = f"http://{settings.host}:{settings.port}"
    with httpx.Client(base_url=f"{address}/api/v1", timeout=60) as client:
        try:
            client.get("/health").raise_for_status()
        except httpx.HTTPError:
            raise ServerDown(f"nothing answers at {address}: start it with `make run`") from None
        _sign_up(client)
        document = _upload(client, path)
        if _read(client, document):
            _ask(client, question)


def _sign_up(client: httpx.Client) -> None:
    account = {
        "email": f"demo-{secrets.token_hex(4)}@example.org",
        "password": secrets.token_urlsafe(12),
    }
    _checked(client.post("/auth/register", json=account))
    login = _checked(client.post("/auth/login", json=account))
    client.headers["authorization"] = f"Bearer {login['access_token']}"
    _console.print(f"Signed up as [bold]{account['email']}[/].")


def _upload(client: httpx.Client, path: Path) -> str:
    with path.open("rb") as file:
        answer = _checked(client.post("/documents/upload", files={"file": (path.name, file)}))
    _console.print(f"Uploaded [bold]{path.name}[/], {answer['file_size'] / 1024:.0f} KiB.")
    return str(answer["id"])


def _read(client: httpx.Client, document: str) -> bool:
    columns = (TextColumn("{task.description:<16}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console) as progress:
        task = progress.add_task("waiting", total=len(_STEPS))
        while True:
            status = _checked(client.get(f"/documents/{document}/status"))
            if status["processing_status"] == "failed":
                _console.print(f"[red]It cannot be read:[/] {status['processing_error']['detail']}")
                return False
            if status["processing_status"] == "completed":
                progress.update(task, completed=len(_STEPS), description="ready")
                return True
            step, total = status["processing_step"], status["processing_total"]
            share = status["processing_done"] / total if total else 0
            progress.update(task, completed=_STEPS.index(step) + share, description=step)
            time.sleep(0.1)


def _ask(client: httpx.Client, question: str) -> None:
    message = _checked(client.post("/chat/chat", json={"content": question}))["message"]
    _console.print(Panel(question, title="Question", border_style="cyan"))
    _console.print(Panel(message["content"], title="Answer", border_style="green"))
    for citation in message["citations"]:
        shown = _checked(client.get(citation["url"].removeprefix("/api/v1")))
        title = f"[{citation['marker']}] {citation['document_title']}, page {citation['page']}"
        _console.print(Panel(_highlighted(shown, citation), title=title, border_style="dim"))
    _console.print(f"Answered in {message['response_time_ms']} ms, without a model.")


def _highlighted(shown: dict[str, Any], citation: dict[str, Any]) -> Text:
    start, end = citation["start"] - shown["start"], citation["end"] - shown["start"]
    text = Text("…" + shown["content"][max(0, start - _AROUND) : start], style="dim")
    text.append(shown["content"][start:end], style="bold black on yellow not dim")
    text.append(shown["content"][end : end + _AROUND] + "…")
    return text


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise ServerDown(f"{answer.request.method} {answer.request.url.path}: {answer.text}")
    body: dict[str, Any] = answer.json()
    return body
