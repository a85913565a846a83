"""A server inside the test's process, so that tests can look at its rows, and foreign pages that embed the widget."""

import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn

from supportai.tests.servers import free_port, wait_until


class LiveServer:
    """The product on a port of its own, over the test database; it can be stopped and started again."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        config = uvicorn.Config(
            "supportai.asgi:application", port=self.port, lifespan="off", log_level="error", ws="websockets-sansio"
        )
        server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run, daemon=True)
        self._thread.start()
        self._server = server
        wait_until(lambda: server.started, what="the server is up")

    def stop(self) -> None:
        """Close every connection, as a restart does."""
        if self._server and self._thread:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(timeout=10)


class ForeignSite:
    """A site of somebody else that serves one page, whatever is asked for, under its own strict policy."""

    def __init__(self, page: str, policy: str) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Page, page.encode(), policy))
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()


class _Page(BaseHTTPRequestHandler):
    def __init__(self, page: bytes, policy: str, *args: Any) -> None:
        self.page, self.policy = page, policy
        super().__init__(*args)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Keep quiet."""


def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run Django code in a thread of its own: Playwright's event loop occupies the test's."""
    from django.db import connections

    result: list[Any] = []
    error: list[BaseException] = []

    def run() -> None:
        try:
            result.append(function(*args, **kwargs))
        except BaseException as exc:  # noqa: BLE001 - handed to the test's thread below
            error.append(exc)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if error:
        raise error[0]
    return result[0]
