"""A scripted model server: real HTTP on this machine, the wire formats of the real APIs, and every way to fail.

    python -m supportai.tests.model_server --port 8123 --fault slow

In a test: `with ModelServer(brain) as server:`, then `server.url`, `server.fault = "broken"`, `server.requests`.
A running one is told over HTTP: `POST /fault {"fault": "rate_limited"}`; `GET /requests` counts what was asked.
"""

import argparse
import importlib
import itertools
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

from supportai.tests.model_wire import (
    JSONDict,
    ModelReply,
    ModelRequest,
    Written,
    content_type,
    embeddings_document,
    frames,
    read_request,
    sse,
    structured_text,
)

__all__ = ["FAULTS", "Brain", "ModelReply", "ModelRequest", "ModelServer", "echo"]

Brain = Callable[[ModelRequest], ModelReply]
FAULTS = {
    "right": "answers as its brain says",
    "slow": "is silent for a while (--delay) before it answers",
    "hang": "accepts the request and never answers",
    "trickle": "answers a byte at a time, with a pause after each",
    "trickle_head": "sends header lines for ever",
    "idle": "keeps the stream alive for ever and says nothing",
    "broken": "closes the connection in the middle of the answer",
    "unfinished": "ends in the middle of the answer as if that were all",
    "cut_off": "stops at the limit of tokens, in the middle of a tool call when there is one",
    "malformed": "calls a tool with arguments that are no JSON (no JSON at all when there is no tool)",
    "unknown_tool": "calls a tool that nobody offered",
    "wrong_types": "calls a tool with arguments of other types, and one too many",
    "text_calls": "writes its tool calls into the text, as small models do",
    "error_event": "sends an error in the middle of the stream",
    "rate_limited": "429 with Retry-After",
    "overloaded": "503 with Retry-After",
    "server_error": "500",
    "refused": "401, quoting the key",
    "bad_request": "400",
    "redirect": "sends the client elsewhere",
    "empty": "says nothing, in the right form",
    "no_body": "200 without a body",
    "html": "200 with a page, as a proxy does",
}
STATUSES = {"rate_limited": 429, "overloaded": 503, "server_error": 500, "refused": 401, "bad_request": 400}
PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>data: you must sign in first</body></html>"
HEAD_LINES = 10_000
TRICKLED = 1


def echo(request: ModelRequest) -> ModelReply:
    """Say again what was said last."""
    return ModelReply(f"You said: {request.last_text}")


@dataclass
class ModelServer:
    """One scripted server; `fault` may change at any time, `script()` sets the faults of the next requests."""

    brain: Brain = echo
    fault: str = "right"
    delay_seconds: float = 5.0
    pause_seconds: float = 0.05
    retry_after: str = "7"
    port: int = 0
    requests: list[ModelRequest] = field(default_factory=list)
    usage: tuple[int, int] = (120, 30)
    # How many answers a client did not wait for.
    abandoned: int = 0

    def __post_init__(self) -> None:
        self._queue: deque[str] = deque()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._http: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Tell the address, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        """Tell the base URL of the OpenAI-compatible API."""
        return f"{self.url}/v1"

    def start(self) -> Self:
        """Listen and answer in threads."""
        self._stopping.clear()
        self._http = _Server(("127.0.0.1", self.port), _Handler)
        self._http.script = self
        self.port = self._http.server_address[1]
        # Asked often whether to stop, so that a test does not wait for it.
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening; answers under way end in the middle."""
        self._stopping.set()
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _exc: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.stop()

    def script(self, *faults: str) -> None:
        """Set the faults of the next requests, one each; then `fault` holds again.

        Raises:
            ValueError: there is no such fault.
        """
        for name in faults:
            check_fault(name)
        with self._lock:
            self._queue.extend(faults)

    def take_fault(self) -> str:
        """Give the fault of the next request."""
        with self._lock:
            return self._queue.popleft() if self._queue else check_fault(self.fault)

    @property
    def is_stopped(self) -> bool:
        """Tell whether it was told to stop."""
        return self._stopping.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, unless the server stops; tells whether it goes on."""
        return not self._stopping.wait(seconds)


def check_fault(name: str) -> str:
    """Refuse a fault that does not exist.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in FAULTS:
        raise ValueError(f"There is no fault {name!r}; there are {', '.join(FAULTS)}.")
    return name


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    script: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be quiet when a client went away; that is what some tests want. Everything else is a bug of a brain."""
        import sys

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_args: Any) -> None:
        """Write no access log: prompts are in tests, and tests fill the terminal."""

    @property
    def script(self) -> ModelServer:
        return self.server.script

    def do_GET(self) -> None:
        """Tell the state."""
        by_api: dict[str, int] = {}
        for request in self.script.requests:
            by_api[request.api] = by_api.get(request.api, 0) + 1
        self._json(200, {"fault": self.script.fault, "requests": by_api, "abandoned": self.script.abandoned})

    def do_POST(self) -> None:
        """Answer one request; a server that was stopped says nothing on lines that are still open."""
        body = self._body()
        if self.script.is_stopped:
            return self._drop()
        if body is None:
            return self._json(400, {"error": {"message": "The body is no JSON object."}})
        path = self.path.partition("?")[0]
        if path == "/fault":
            return self._set_fault(body)
        request = read_request(path, body, {name.lower(): value for name, value in self.headers.items()})
        if request is None:
            return self._json(404, {"error": {"message": f"There is nothing at {path}."}})
        self.script.requests.append(request)
        return self._answer(request, self.script.take_fault())

    def _body(self) -> JSONDict | None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _set_fault(self, body: JSONDict) -> None:
        try:
            self.script.fault = check_fault(str(body.get("fault")))
        except ValueError as exc:
            return self._json(400, {"error": {"message": str(exc)}})
        return self._json(200, {"fault": self.script.fault})

    def _answer(self, request: ModelRequest, fault: str) -> None:
        if fault in STATUSES:
            return self._fail(STATUSES[fault])
        if fault == "slow" and not self.script.wait(self.script.delay_seconds):
            return self._drop()
        if fault == "hang":
            return self._hang()
        if fault == "trickle_head":
            return self._head_for_ever()
        if fault == "redirect":
            return self._raw(307, b"", "text/plain", Location=f"{self.script.url}{self.path}")
        if fault in {"html", "no_body"}:
            kind = "text/html" if fault == "html" else content_type(request)
            return self._raw(200, PAGE if fault == "html" else b"", kind)
        return self._send(request, fault)

    def _send(self, request: ModelRequest, fault: str) -> None:
        if request.api == "embeddings":
            parts: Iterable[bytes] = [json.dumps(_embeddings(request, fault)).encode()]
        else:
            parts = frames(request, written(request, self.script.brain(request), fault, self.script.usage))
        parts = itertools.repeat(alive(request)) if fault == "idle" else with_fault(parts, request, fault)
        self._start(200, content_type(request), Transfer_Encoding="chunked")
        pause = self.script.pause_seconds if fault in {"trickle", "idle"} else 0
        for part in cut_bytes(parts) if fault == "trickle" else parts:
            self._chunk(part)
            if pause and not self.script.wait(pause):
                return self._drop()
        if fault == "broken":
            return self._drop()
        self.wfile.write(b"0\r\n\r\n")
        return None

    def _fail(self, status: int) -> None:
        message = f"Status {status}. The key was {self.headers.get('Authorization') or self.headers.get('x-api-key')}."
        extra = {"Retry_After": self.script.retry_after} if status in {429, 503} and self.script.retry_after else {}
        error = {"message": message, "type": "scripted", "code": status, "status": "SCRIPTED"}
        self._raw(status, json.dumps({"type": "error", "error": error}).encode(), "application/json", **extra)

    def _hang(self) -> None:
        while self.script.wait(0.05):
            if self._client_left():
                self.script.abandoned += 1
                break
        self._drop()

    def _head_for_ever(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(HEAD_LINES):
            self._write(f"x-more-{number}: yes\r\n".encode())
            if not self.script.wait(self.script.pause_seconds):
                break
        self._drop()

    def _client_left(self) -> bool:
        self.connection.setblocking(False)
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.connection.setblocking(True)

    def _start(self, status: int, kind: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _raw(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self._start(status, kind, Content_Length=str(len(body)), **headers)
        self.wfile.write(body)

    def _json(self, status: int, data: JSONDict) -> None:
        self._raw(status, json.dumps(data).encode(), "application/json")

    def _chunk(self, part: bytes) -> None:
        self._write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def _write(self, data: bytes) -> None:
        try:
            self.wfile.write(data)
            self.wfile.flush()
        except OSError:
            self.script.abandoned += 1
            raise

    def _drop(self) -> None:
        """Close the connection at once, whatever was promised."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _embeddings(request: ModelRequest, fault: str) -> JSONDict:
    if fault == "empty":
        return {"object": "list", "data": [], "model": request.model, "usage": {}}
    document = embeddings_document(request.body, drop=1 if fault == "malformed" else 0)
    if fault == "wrong_types":
        document["data"][0]["embedding"] = ["a", None]
    return document


def written(request: ModelRequest, reply: ModelReply, fault: str, usage: tuple[int, int]) -> Written:
    """Write a reply as this API and mode want it, with what the fault does to it."""
    reply = spoil(request, reply, fault)
    calls: list[tuple[str, str]] = [(name, json.dumps(arguments)) for name, arguments in reply.tool_calls]
    text = reply.text
    if request.is_structured:
        text, calls = structured_text(reply), []
    elif fault == "text_calls" and calls:
        shown = [{"name": name, "arguments": arguments} for name, arguments in reply.tool_calls]
        text = f"{text}\n```json\n{json.dumps(shown[0] if len(shown) == 1 else shown, indent=2)}\n```"
        calls = []
    if fault in {"malformed", "cut_off"}:
        # These two send a call whole or not at all.
        is_dropped = fault == "cut_off" and request.api in {"google", "ollama"}
        calls = [] if is_dropped else calls
        text, calls = halve(text, calls, is_text=request.is_structured or fault == "cut_off")
    finish: Literal["length", "tool_calls", "stop"] = (
        "length" if fault == "cut_off" else "tool_calls" if calls else "stop"
    )
    return Written(text=text, calls=tuple(calls), finish=finish, usage=usage)


def spoil(request: ModelRequest, reply: ModelReply, fault: str) -> ModelReply:
    """Change what is said: nothing, or a call that is wrong even if the brain made none."""
    if fault == "empty":
        return ModelReply()
    if not request.tools or fault not in {"malformed", "unknown_tool", "wrong_types"}:
        return reply
    name, arguments = reply.tool_calls[0] if reply.tool_calls else (request.tools[0]["name"], {"value": "x"})
    if fault == "unknown_tool":
        return ModelReply(reply.text, [("no_such_tool", arguments)])
    if fault == "wrong_types":
        return ModelReply(reply.text, [(name, {key: [str(value)] for key, value in arguments.items()} | {"extra": 1})])
    return ModelReply(reply.text, [(name, arguments)])


def halve(text: str, calls: Sequence[tuple[str, str]], *, is_text: bool) -> tuple[str, list[tuple[str, str]]]:
    """Break the last call in the middle of its arguments, or the text when there is no call."""
    if calls:
        *whole, (name, arguments) = calls
        return text, [*whole, (name, arguments[: max(1, len(arguments) - 2)])]
    return (text[: len(text) // 2] if is_text else text), []


def with_fault(right: Iterable[bytes], request: ModelRequest, fault: str) -> list[bytes]:
    """Change the frames as the fault says."""
    parts = list(right)
    if fault == "malformed" and not request.tools and request.api != "embeddings":
        return [*parts[:1], _no_json(request)]
    if fault in {"broken", "unfinished"}:
        middle = len(parts) // 2
        half = parts[middle][: len(parts[middle]) // 2]
        return [*parts[:middle], half] if fault == "broken" or middle == 0 else parts[:middle]
    if fault == "error_event":
        return [*parts[: len(parts) // 2], _error_event(request)]
    return parts


def alive(request: ModelRequest) -> bytes:
    """Give what keeps a stream alive and says nothing: a comment, or an empty piece where there are no comments."""
    if request.api in {"google", "ollama"} and request.is_streaming:
        return next(frames(request, Written(text=" ", calls=(), finish="stop")))
    return b": still here\n\n" if request.is_streaming else b"\n"


def _error_event(request: ModelRequest) -> bytes:
    """Give an error as each API puts it into a stream."""
    if request.api == "ollama":
        return b'{"error": "the model was unloaded"}\n'
    error = {"type": "overloaded_error", "message": "Overloaded", "code": 529, "status": "UNAVAILABLE"}
    return sse({"type": "error", "error": error}, "error" if request.api == "anthropic" else "")


def _no_json(request: ModelRequest) -> bytes:
    if request.is_streaming and request.api != "ollama":
        return sse('{"choices": [', "content_block_delta" if request.api == "anthropic" else "")
    return b'{"choices": [\n'


def cut_bytes(parts: Sequence[bytes]) -> Iterator[bytes]:
    """Give the answer a byte at a time."""
    whole = b"".join(parts)
    return (whole[start : start + TRICKLED] for start in range(0, len(whole), TRICKLED))


def load_brain(path: str) -> Brain:
    """Import a brain by `module:name`; without a path, the one that echoes."""
    if not path:
        return echo
    module, _, name = path.partition(":")
    brain: Brain = getattr(importlib.import_module(module), name)
    return brain


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m supportai.tests.model_server",
        description="Serve scripted models: OpenAI (/v1), Anthropic, Google and Ollama, all at one port.",
        epilog="faults:\n" + "\n".join(f"  {name:13} {what}" for name, what in FAULTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="default: one that is free")
    parser.add_argument("--fault", default="right", choices=FAULTS, metavar="FAULT", help="one of those below")
    parser.add_argument("--delay", type=float, default=5.0, help="seconds of silence of `slow`")
    parser.add_argument("--brain", default="", help="module:function that answers; default: an echo")
    given = parser.parse_args(arguments)
    server = ModelServer(load_brain(given.brain), given.fault, given.delay, port=given.port)
    with server:
        print(f"{server.url} ({given.fault})", flush=True)  # noqa: T201 - the caller reads the address
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
