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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from supportai.tests.model_faults import (
    FAULTS,
    STATUSES,
    alive,
    check_fault,
    cut_bytes,
    embeddings,
    with_fault,
    written,
)
from supportai.tests.model_wire import JSONDict, ModelReply, ModelRequest, content_type, frames, read_request

__all__ = ["FAULTS", "Brain", "ModelReply", "ModelRequest", "ModelServer", "echo"]

Brain = Callable[[ModelRequest], ModelReply]
PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>data: you must sign in first</body></html>"
# What the AI agent's policy is tested with.
BRAIN = "supportai.tests.model_brain:brain"
HEAD_LINES = 10_000


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
            parts: Iterable[bytes] = [json.dumps(embeddings(request, fault)).encode()]
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
    parser.add_argument("--brain", default=BRAIN, help="module:function that answers; empty: an echo")
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
