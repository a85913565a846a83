"""The size of request bodies under ASGI: Django writes a whole body to disk before any view may refuse it."""

import json
from typing import Any

from django.conf import settings

PREFIX = "/widget/"
# What a multipart body may have around its file.
MULTIPART_BYTES = 10_000
TOO_BIG = 413


def with_body_limit(http: Any) -> Any:
    """Put a counter in front of an ASGI application: a widget's body is cut off at the limit, declared or not."""

    async def route(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if not scope["path"].startswith(PREFIX):
            await http(scope, receive, send)
            return
        body = _Body(receive, settings.MAX_UPLOAD_BYTES + MULTIPART_BYTES)
        await http(scope, body.receive, send)
        if body.is_too_big:
            await _refuse(send)

    return route


class _Body:
    """Counts what is received; over the limit it says that the client has gone, which ends Django's reading."""

    def __init__(self, receive: Any, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self.is_too_big = False

    async def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left >= 0:
            return message
        self.is_too_big = True
        return {"type": "http.disconnect"}


async def _refuse(send: Any) -> None:
    title = f"A request may have up to {settings.MAX_UPLOAD_BYTES // 1_000_000} MB."
    problem = {"type": "/problems/body_too_big", "title": title, "status": TOO_BIG, "code": "body_too_big"}
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": TOO_BIG, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
