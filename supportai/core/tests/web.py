"""A small web site in the test process: answers what a test says, and remembers who asked for what."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(slots=True)
class Page:
    """What a path answers with; `raw` is written to the socket as it is, after the head."""

    body: bytes | str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    is_gzip: bool = False
    raw: Callable[[Any], None] | None = None


@dataclass(slots=True)
class Asked:
    """One request that came in."""

    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class Site:
    """A site on 127.0.0.1; paths that it does not know are 404."""

    port: int
    pages: dict[str, Page | Callable[[Asked], Page]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """Name what was asked for, in order."""
        return [asked.path for asked in self.asked]

    def html(self, path: str, body: str, *, head: str = "", status: int = 200, **headers: str) -> None:
        """Put an HTML page at a path."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"
        self.pages[path] = Page(text, status, {"Content-Type": "text/html; charset=utf-8", **named})

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        """Let a path send on."""
        self.pages[path] = Page("", status, {"Location": location})


@contextmanager
def serving() -> Iterator[Site]:
    """Run a site of its own on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    site = Site(server.server_address[1])
    server.site = site
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
        self.server.site.asked.append(asked)
        page = self.server.site.pages.get(self.path, Page("not here", 404))
        self._answer(page(asked) if callable(page) else page)

    def _answer(self, page: Page) -> None:
        body = page.body.encode() if isinstance(page.body, str) else page.body
        body = gzip.compress(body) if page.is_gzip else body
        self.send_response(page.status)
        packing = {"Content-Encoding": "gzip"} if page.is_gzip else {}
        length = {} if page.raw or page.status == 304 else {"Content-Length": str(len(body))}
        for name, value in {**length, **packing, **page.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if page.raw:
                page.raw(self.wfile)
                self.close_connection = True
            else:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing."""
