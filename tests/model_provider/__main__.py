"""A provider of chat completions, as OpenAI's protocol has them, in a process of its own.

The model that is asked for says how it behaves: `cites` answers from the numbered sources of the
prompt, every other name of SCRIPTS is a way to go wrong, and `busy:2` goes wrong twice and then
cites. What it was sent is kept, so that a test can see what left the machine.
"""

import hashlib
import json
import re
import select
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

type Json = dict[str, Any]

STALL = 60.0  # seconds, or until the client goes away
SOURCE = re.compile(r"^\[(\d+)\] [^\n]*\n(.+?)(?=\n\n\[\d+\] |\n\nQuestion: |\Z)", re.M | re.S)
SENTENCE = re.compile(r".+?[.!?](?=\s|\Z)", re.S)
NOTHING = "The sources say nothing about this."


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


def answer_to(prompt: str) -> str:
    """The first sentence of each source, quoted and cited."""
    said = []
    for number, text in SOURCE.findall(prompt)[:3]:
        if found := SENTENCE.match(text.strip()):
            said.append(f'The document says: "{found[0]}" [{number}].')
    return " ".join(said) or NOTHING


def pieces(text: str) -> list[str]:
    """As models write: a word at a time."""
    return re.findall(r"\S+\s*", text) or [text]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
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
        if name == "paced":
            return paced(self, int(argument))
        if argument and STATE.asked[self.asked["model"]] > int(argument):
            name = "cites"
        if name not in SCRIPTS:
            missing = {"message": f"no model {name}", "code": "model_not_found"}
            return self.answer(404, {"error": missing})
        return SCRIPTS[name](self)

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


def cites(handler: Handler) -> None:
    text = answer_to(handler.prompt)
    handler.write(pieces(text))
    if handler.asked.get("stream_options", {}).get("include_usage"):
        handler.usage(text)
    handler.event("[DONE]")
    handler.end()


def echo(handler: Handler) -> None:
    handler.write([handler.prompt])
    handler.usage(handler.prompt)
    handler.event("[DONE]")
    handler.end()


def paced(handler: Handler, count: int) -> None:
    """A word every 10 ms."""
    handler.begin()
    handler.delta()
    for number in range(count):
        handler.delta(f"word {number} ")
        time.sleep(0.01)
    handler.delta("", "stop")
    handler.usage("word " * count)
    handler.event("[DONE]")
    handler.end()


def no_usage(handler: Handler) -> None:
    handler.write(pieces(answer_to(handler.prompt)))
    handler.event("[DONE]")
    handler.end()


def no_done(handler: Handler) -> None:
    handler.write(pieces(answer_to(handler.prompt)))
    handler.end()


def no_reason(handler: Handler) -> None:
    handler.begin()
    handler.delta("half an ans")
    handler.end()


def mad_usage(handler: Handler) -> None:
    handler.write(["An answer."])
    usage = {"prompt_tokens": -7, "completion_tokens": "many", "total_tokens": None}
    handler.event(handler.chunk([], usage))
    handler.event("[DONE]")
    handler.end()


def error_in_stream(handler: Handler) -> None:
    handler.begin()
    handler.event({"error": {"message": "secret of the provider", "code": "overloaded"}})
    handler.end()


def error_after_delta(handler: Handler) -> None:
    handler.begin()
    handler.delta("half an ans")
    handler.event({"error": {"message": "secret of the provider", "code": "overloaded"}})
    handler.end()


def empty(handler: Handler) -> None:
    handler.begin()
    handler.end()


def filtered(handler: Handler) -> None:
    handler.write([], "content_filter")
    handler.event("[DONE]")
    handler.end()


def too_long(handler: Handler) -> None:
    handler.write(["as far as it goes"], "length")
    handler.event("[DONE]")
    handler.end()


def busy(handler: Handler) -> None:
    error = {"message": "slow down", "code": "rate_limit_exceeded"}
    handler.answer(429, {"error": error}, retry_after="0.2")


def busy_for_long(handler: Handler) -> None:
    handler.answer(429, {"error": {"message": "tomorrow"}}, retry_after="3600")


def no_quota(handler: Handler) -> None:
    handler.answer(429, {"error": {"message": "pay", "code": "insufficient_quota"}})


def down(handler: Handler) -> None:
    handler.answer(500, {"error": {"message": "secret of the provider"}})


def forbidden(handler: Handler) -> None:
    handler.answer(401, {"error": {"message": f"wrong key {handler.headers['authorization']}"}})


def slow_first(handler: Handler) -> None:
    handler.begin()
    handler.delta()
    handler.stall()


def silent(handler: Handler) -> None:
    handler.stall()


def stalls(handler: Handler) -> None:
    handler.begin()
    handler.delta("half an ans")
    handler.stall()


def drips(handler: Handler) -> None:
    """Never stops, and never pauses for long."""
    handler.begin()
    while True:
        handler.delta("drip ")
        time.sleep(0.02)


def cut_before(handler: Handler) -> None:
    handler.begin()
    handler.delta()
    handler.cut()


def cut_after(handler: Handler) -> None:
    handler.begin()
    handler.delta("half an ans")
    handler.cut()


def no_answer(handler: Handler) -> None:
    handler.cut()


def huge_line(handler: Handler) -> None:
    handler.begin()
    handler.raw(b"data: {")
    while True:
        handler.raw(b"x" * 65536)


def endless(handler: Handler) -> None:
    handler.begin()
    while True:
        handler.delta("x" * 65536)


def bad_json(handler: Handler) -> None:
    handler.begin()
    handler.event('{"choices": [')
    handler.end()


def wrong_shape(handler: Handler) -> None:
    handler.begin()
    handler.event({"choices": [{"delta": None}], "model": "x"})
    handler.end()


def not_text(handler: Handler) -> None:
    handler.begin()
    handler.event(handler.chunk([{"index": 0, "delta": {"content": {"a": 1}}}]))
    handler.end()


def unstorable(handler: Handler) -> None:
    """Characters that no database takes."""
    handler.write(["a\x00b\ud800c"])
    handler.event("[DONE]")
    handler.end()


def html(handler: Handler) -> None:
    handler.begin("text/html")
    handler.raw(b"<html>data: welcome</html>")
    handler.end()


def redirect(handler: Handler) -> None:
    handler.answer(307, {}, location="/elsewhere/chat/completions")


def gzipped(handler: Handler) -> None:
    handler.answer(200, {}, content_encoding="gzip")


SCRIPTS: dict[str, Callable[[Handler], None]] = {
    script.__name__.replace("_", "-"): script
    for script in (
        cites, echo, no_usage, no_done, no_reason, mad_usage, error_in_stream, error_after_delta,
        empty, filtered, too_long, busy, busy_for_long, no_quota, down, forbidden, slow_first,
        silent, stalls, drips, cut_before, cut_after, no_answer, huge_line, endless, bad_json,
        wrong_shape, not_text, unstorable, html, redirect, gzipped,
    )
}  # fmt: skip


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
