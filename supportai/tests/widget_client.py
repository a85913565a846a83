"""A customer's widget without a browser."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from supportai.tests.servers import wait_until

# What a proxy says when no server answers.
AWAY = {502, 503, 504}


class UnreachableError(ConnectionError):
    """The server did not answer: it is down, or died while it was asked."""


@dataclass
class WidgetClient:
    """A customer's widget as far as its HTTP side goes; resends what was not acknowledged, with the same id."""

    url: str
    session: str = ""
    ticket: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    status: str = ""

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, timeout: float = 30
    ) -> dict[str, Any]:
        """Send one request.

        Raises:
            UnreachableError: no answer came.
            AssertionError: the server refused.
        """
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        request.add_header("Accept", "application/json")
        if self.session:
            request.add_header("Authorization", f"Bearer {self.session}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as exc:
            if exc.code in AWAY:
                raise UnreachableError(str(exc)) from exc
            raise AssertionError(f"{method} {path}: {exc.code} {exc.read()[:500]!r}") from exc
        except (OSError, ValueError) as exc:
            raise UnreachableError(str(exc)) from exc

    def open(self, *, brand: str = "fernway", identity: str = "") -> None:
        """Open a session, signed with the identity token when one is given."""
        answer = self.call("POST", "/widget/session", {"brand": brand, "identity": identity or None})
        self.session = answer["session"]

    def say(self, text: str, *, patience_seconds: float = 0) -> str:
        """Send a message; an unreachable server is asked again with the same client id; returns that id."""
        client_id = str(uuid.uuid4())
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                self._send(client_id, text)
            except UnreachableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return client_id

    def _send(self, client_id: str, text: str) -> None:
        body = {"client_id": client_id, "ticket": self.ticket, "text": text}
        answer = self.call("POST", "/widget/messages", body)
        ticket = answer["ticket"]
        self.ticket = ticket["id"] if isinstance(ticket, dict) else ticket

    def read(self, *, wait: int = 0) -> list[dict[str, Any]]:
        """Fetch the messages after the last one known, and return all."""
        after = self.messages[-1]["sequence"] if self.messages else 0
        answer = self.call("GET", f"/widget/messages?ticket={self.ticket}&after={after}&wait={wait}", timeout=wait + 15)
        self.messages += [message for message in answer["messages"] if message["sequence"] > after]
        self.status = (answer.get("ticket") or {}).get("status", self.status)
        return self.messages

    def wait_for(
        self, check: Callable[[list[dict[str, Any]]], Any], *, what: str | Callable[[], str], seconds: float = 60
    ) -> Any:
        """Read until the check says so; a server that is down counts as nothing new."""

        def look() -> Any:
            try:
                return check(self.read())
            except UnreachableError:
                return None

        def missed() -> str:
            seen = [message["body"][:80] for message in self.messages]
            return f"{what if isinstance(what, str) else what()}; seen: {seen}"

        return wait_until(look, what=missed, seconds=seconds, every=0.2)
