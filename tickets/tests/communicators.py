"""Clients of ASGI applications for tests, since `channels.testing` cannot be imported without daphne."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from asgiref.testing import ApplicationCommunicator

Headers = list[tuple[bytes, bytes]]


def _scope(kind: str, path: str, headers: Headers) -> dict[str, Any]:
    parts = urlsplit(path)
    return {"type": kind, "path": unquote(parts.path), "query_string": parts.query.encode(), "headers": headers}


class Websocket(ApplicationCommunicator):
    """One websocket, from the handshake on."""

    def __init__(self, application: Any, path: str, headers: Headers, **scope: Any) -> None:
        super().__init__(application, {**_scope("websocket", path, headers), "subprotocols": [], **scope})
        self.welcome: dict[str, Any] = {}

    async def connect(self) -> bool:
        """Tell whether the handshake was accepted."""
        await self.send_input({"type": "websocket.connect"})
        return bool((await self.receive_output(timeout=3))["type"] == "websocket.accept")

    async def send(self, frame: Any) -> None:
        await self.send_text(json.dumps(frame))

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self.send_input({"type": "websocket.receive", "bytes": data})

    async def receive(self) -> dict[str, Any]:
        """Read the next frame."""
        output = await self.receive_output(timeout=3)
        assert output["type"] == "websocket.send", output
        frame: dict[str, Any] = json.loads(output["text"])
        return frame

    async def receive_kind(self, kind: str) -> dict[str, Any]:
        """Read frames until one of a kind comes."""
        frame = await self.receive()
        while frame["type"] != kind:
            frame = await self.receive()
        return frame

    async def close_code(self) -> int:
        """Read the close that must come next."""
        output = await self.receive_output(timeout=3)
        assert output["type"] == "websocket.close", output
        return int(output["code"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=3)


class Request(ApplicationCommunicator):
    """One HTTP request."""

    def __init__(self, application: Any, method: str, path: str, headers: Headers) -> None:
        super().__init__(application, {**_scope("http", path, headers), "method": method})

    async def begin(self) -> None:
        """Send the request without waiting for its answer."""
        await self.send_input({"type": "http.request", "body": b""})

    async def answer(self) -> dict[str, Any]:
        """Give status, headers (lower-case names) and body."""
        start = await self.receive_output(timeout=3)
        body = b""
        more = True
        while more:
            part = await self.receive_output(timeout=3)
            body += part.get("body", b"")
            more = part.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return {"status": start["status"], "headers": headers, "body": body}

    async def get(self) -> dict[str, Any]:
        await self.begin()
        return await self.answer()
