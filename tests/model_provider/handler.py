"""How the scripted provider listens and speaks; what it says is in `scripts`."""

import hashlib
import json
import select
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

type Json = dict[str, Any]
type Script = Callable[["Handler"], None]

STALL = 60.0  # seconds, or until the client goes away


class State:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.requests: list[Json] = []
        self.asked: Counter[str] = Counter()

    def record(self, handler: BaseHTTPRequestHandler, body: bytes) -> Json:
        entry: Json = {
            "path": handler.path,
            "authorization": handler.headers.get("authorization"),
            "body": body.decode(),
            "sha256": hashlib.sha256(body).hexdigest(),
            "at": time.monotonic(),
            "closed": None,  # the second at which the client went away in the middle
        }
        with self.lock:
            self.requests.append(entry)
        return entry


STATE = State()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripts: ClassVar[Mapping[str, Script]] = {}
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path == "/control/requests":
            return self.answer(200, {"requests": STATE.requests})
        return self.answer(200 if self.path == "/health" else 404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/control/reset":
            STATE.reset()
            return self.answer(200, {})
        if not self.path.endswith("/chat/completions"):
            return self.answer(404, {})
        self.entry = STATE.record(self, body)
        self.asked: Json = json.loads(body)
        try:
            self.play()
        except (BrokenPipeError, ConnectionResetError):
            self.entry["closed"] = time.monotonic()
            self.close_connection = True
        return None

    def play(self) -> None:
        name, _, argument = self.asked["model"].partition(":")
        STATE.asked[self.asked["model"]] += 1
        if name in ("paced", "stamped"):
            return self.scripts[name](self)
        if argument and STATE.asked[self.asked["model"]] > int(argument):
            name = "cites"
        if name not in self.scripts:
            missing = {"message": f"no model {name}", "code": "model_not_found"}
            return self.answer(404, {"error": missing})
        return self.scripts[name](self)

    @property
    def prompt(self) -> str:
        return "\n\n".join(message["content"] for message in self.asked["messages"])

    def answer(self, status: int, body: Json, **headers: str) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(sent)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(sent)

    def begin(self, content_type: str = "text/event-stream; charset=utf-8") -> None:
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def raw(self, sent: bytes) -> None:
        self.wfile.write(f"{len(sent):x}\r\n".encode() + sent + b"\r\n")
        self.wfile.flush()

    def event(self, data: Json | str) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.raw(f"data: {text}\n\n".encode())

    def delta(self, text: str | None = None, reason: str | None = None) -> None:
        delta = {"role": "assistant", "content": ""} if text is None else {"content": text}
        self.event(self.chunk([{"index": 0, "delta": delta, "finish_reason": reason}]))

    def chunk(self, choices: list[Json], usage: Json | None = None) -> Json:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": self.asked["model"] + "-0613",
            "choices": choices,
            "usage": usage,
        }

    def usage(self, written: str) -> None:
        prompt, completion = len(self.prompt) // 3, len(written) // 3 + 2
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": prompt // 2},
            "completion_tokens_details": {"reasoning_tokens": 2},
        }
        self.event(self.chunk([], usage))

    def end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def write(self, texts: Iterable[str], reason: str = "stop") -> None:
        self.begin()
        self.delta()
        for text in texts:
            self.delta(text)
        self.delta("", reason)

    def cut(self) -> None:
        """The connection ends in the middle."""
        self.wfile.flush()
        self.close_connection = True

    def stall(self) -> None:
        """Say nothing more, until the client goes away."""
        gone, _, _ = select.select([self.connection], [], [], STALL)
        if gone:
            self.entry["closed"] = time.monotonic()
        self.close_connection = True

    def log_message(self, *_: object) -> None: ...
