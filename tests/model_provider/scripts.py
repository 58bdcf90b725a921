"""What the scripted provider does, by the name of the model that is asked for."""

import re
import time
from collections.abc import Callable

from tests.model_provider.handler import Handler

SOURCE = re.compile(r"^\[(\d+)\] [^\n]*\n(.+?)(?=\n\n\[\d+\] |\n\nQuestion: |\Z)", re.M | re.S)
SENTENCE = re.compile(r".+?[.!?](?=\s|\Z)", re.S)
NOTHING = "The sources say nothing about this."


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


def paced(handler: Handler) -> None:
    """`paced:200` says 200 words, one every 10 ms."""
    _words(handler, lambda number: f"word {number} ", 0.01)


def stamped(handler: Handler) -> None:
    """`stamped:70` says 70, one every 30 ms: each is when, by a clock that all processes share."""
    _words(handler, lambda _: f"{time.monotonic():.4f} ", 0.03)


def _words(handler: Handler, word: Callable[[int], str], pause: float) -> None:
    count = int(handler.asked["model"].partition(":")[2])
    handler.begin()
    handler.delta()
    for number in range(count):
        handler.delta(word(number))
        time.sleep(pause)
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


def cites_then_stalls(handler: Handler) -> None:
    """As somebody stops it: it has cited a source, and one that is not there."""
    handler.begin()
    handler.delta("The document says so [1][9].")
    handler.delta(" And it says")
    time.sleep(60)


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


def lost_in_thought(handler: Handler) -> None:
    """Has used up what it may write before the first word."""
    handler.write([], "length")
    handler.usage("")
    handler.event("[DONE]")
    handler.end()


def billed(handler: Handler) -> None:
    """Says what it took, and fails."""
    handler.begin()
    handler.delta()
    handler.usage("")
    handler.cut()


def thinks(handler: Handler) -> None:
    """As OpenAI's models that think, which take neither of these."""
    _refusing(handler, "max_tokens", "temperature")


def knows_max_tokens(handler: Handler) -> None:
    """As a server that was written before models thought, and says so."""
    _refusing(handler, "max_completion_tokens")


def _refusing(handler: Handler, *names: str) -> None:
    for name in names:
        if name in handler.asked:
            error = {"message": f"no {name}", "code": "unsupported_parameter", "param": name}
            return handler.answer(400, {"error": error})
    return cites(handler)


def too_long(handler: Handler) -> None:
    handler.write(["as far as it goes"], "length")
    handler.event("[DONE]")
    handler.end()


def busy(handler: Handler) -> None:
    error = {"message": "slow down", "code": "rate_limit_exceeded"}
    handler.answer(429, {"error": error}, retry_after="0.2")


def busy_until(handler: Handler) -> None:
    handler.answer(429, {}, retry_after="Wed, 25 Nov 2099 08:00:00 GMT")


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
        cites, echo, paced, stamped, no_usage, no_done, no_reason, mad_usage, error_in_stream, error_after_delta,
        cites_then_stalls, empty, filtered, too_long, lost_in_thought, billed, thinks, knows_max_tokens,
        busy, busy_until, busy_for_long, no_quota, down, forbidden, slow_first,
        silent, stalls, drips, cut_before, cut_after, no_answer, huge_line, endless, bad_json,
        wrong_shape, not_text, unstorable, html, redirect, gzipped,
    )
}  # fmt: skip
