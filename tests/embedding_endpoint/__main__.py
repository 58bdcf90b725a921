"""An endpoint that speaks OpenAI's `/embeddings`, and misbehaves as it is told: each request does
what stands first in the script, or what it should when nothing is left.

A vector is made of its text's words: texts that share words are near each other.
"""

import hashlib
import json
import sys
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DIMENSIONS = 32
SLOW = 1.0  # seconds

script: list[str] = []
seen: list[dict[str, Any]] = []
let_go = threading.Event()


def vector(text: str) -> list[float]:
    found = [0.001] * DIMENSIONS
    for word in text.lower().split():
        place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
        found[place % DIMENSIONS] += 2.5
    return found


def data(texts: list[str], act: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [
        {"index": n, "embedding": vector(text)} for n, text in enumerate(texts)
    ]
    match act:
        case "shuffled":
            items.reverse()
        case "fewer":
            items.pop()
        case "twice":
            items[-1]["index"] = 0
        case "short":
            items[0]["embedding"].pop()
        case "zero":
            items[0]["embedding"] = [0.0] * DIMENSIONS
        case "null":
            items[0]["embedding"][3] = None
        case "nan":
            items[0]["embedding"][3] = float("nan")
        case "huge":
            items[0]["embedding"] = [1e308] * DIMENSIONS
    return items


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        asked = json.loads(body)
        if self.path == "/control":
            return self.control(asked)
        sent = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        seen.append({"path": self.path, "key": self.headers["authorization"], **sent, **asked})
        act = script.pop(0) if script else "well"
        match act:
            case "busy":
                return self.answer(429, b"{}", {"retry-after": "0"})
            case "busy until now":
                return self.answer(429, b"{}", {"retry-after": formatdate(usegmt=True)})
            case "busy for an hour":
                return self.answer(429, b"{}", {"retry-after": "3600"})
            case "busy, unclear":
                return self.answer(503, b"{}", {"retry-after": "soon"})
            case "broken":
                return self.answer(500, b"oops")
            case "refused":
                return self.answer(401, json.dumps({"error": asked["input"]}).encode())
            case "moved":
                return self.answer(307, b"", {"location": self.path})
            case "html":
                return self.answer(200, b"<html>\xff")
            case "endless":
                return self.answer(200, b" " * 5_000_000)
            case "slow":
                let_go.wait(SLOW)
            case "hanging":
                let_go.wait(60)
        told = json.dumps({"object": "list", "data": data(asked["input"], act)}).encode()
        if act == "cut":
            return self.cut(told)
        return self.answer(200, told)

    def control(self, asked: dict[str, Any]) -> None:
        told = json.dumps({"seen": seen, "left": script}).encode()
        if "script" in asked:
            script[:], seen[:] = asked["script"], []
        self.answer(200, told)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def cut(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None: ...


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
sys.stdout.write(f"{server.server_port}\n")
sys.stdout.flush()
server.serve_forever()
