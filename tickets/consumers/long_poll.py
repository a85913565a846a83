"""Long-polling: a request that waits for the contact's doorbell without holding a thread.

Django would hold one, because its middleware is synchronous, so this runs in front of it. Under WSGI the same
address is an ordinary view that answers at once.
"""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

from channels.db import database_sync_to_async
from channels.generic.http import AsyncHttpConsumer

from accounts.widget import WidgetSession
from supportai.core.errors import DomainError
from supportai.core.frames import contact_group, encode_frame, hub
from supportai.core.models import JSONDict
from tickets.consumers import access, requests
from tickets.consumers.bodies import with_body_limit
from tickets.consumers.frames import Missed, parse
from tickets.consumers.sockets import NO_LAYER

PATH = "/widget/messages"

read_session = database_sync_to_async(access.session_of)
missed = database_sync_to_async(requests.missed)
is_known_origin = database_sync_to_async(access.is_known_origin)


class _Bell:
    """A member of the hub that only notes that it rang."""

    def __init__(self) -> None:
        self.rang = asyncio.Event()

    async def send(self, text_data: str | None = None) -> None:  # noqa: ARG002 - what the hub calls
        self.rang.set()

    async def close(self, code: int | None = None) -> None:  # noqa: ARG002 - what the hub calls
        self.rang.set()


class MessagesPoll(AsyncHttpConsumer):
    """`GET /widget/messages?ticket=&after=&wait=`: what is new, at once or when it comes."""

    channel_layer_alias = NO_LAYER

    async def handle(self, body: bytes) -> None:  # noqa: ARG002 - a GET request has none
        """Answer with news, with nothing after `wait` seconds, or with problem+json."""
        try:
            status, answer = 200, await self._answer()
        except DomainError as exc:
            status = exc.status
            answer = {
                "type": f"/problems/{exc.code}",
                "title": exc.message,
                "status": status,
                "code": exc.code,
                **exc.extra,
            }
        await self.send_response(status, encode_frame(answer).encode(), headers=await self._headers(status))

    async def _answer(self) -> JSONDict:
        question = parse(Missed, dict(parse_qsl(self.scope["query_string"].decode("latin-1"))))
        token = self._header(b"authorization").removeprefix("Bearer ")
        session = await read_session(token, origin=self._header(b"origin"), host=self._header(b"host"))
        if not question.patience_seconds:
            answer: JSONDict = await missed(session, question)
            return answer
        return await self._wait(session, question)

    async def _wait(self, session: WidgetSession, question: Missed) -> JSONDict:
        bell, group = _Bell(), contact_group(session.contact.public_id)
        await hub.join(group, bell)
        try:
            answer: JSONDict = await missed(session, question)
            if not answer["messages"] and await _rings(bell, question.patience_seconds):
                answer = await missed(session, question)
            return answer
        finally:
            await hub.leave(group, bell)

    async def _headers(self, status: int) -> list[tuple[bytes, bytes]]:
        kind = b"application/json" if status < 400 else b"application/problem+json"  # noqa: PLR2004 - HTTP's classes
        headers = [(b"Content-Type", kind), (b"Cache-Control", b"no-store"), (b"Vary", b"Origin")]
        origin = self._header(b"origin")
        if origin and await is_known_origin(origin, self._header(b"host")):
            headers.append((b"Access-Control-Allow-Origin", origin.encode("latin-1")))
        return headers

    def _header(self, name: bytes) -> str:
        found = next((value for key, value in self.scope["headers"] if key == name), b"")
        return str(found.decode("latin-1"))


async def _rings(bell: _Bell, seconds: float) -> bool:
    try:
        await asyncio.wait_for(bell.rang.wait(), timeout=seconds)
    except TimeoutError:
        return False
    return True


def with_long_poll(http: Any) -> Any:
    """Put the long-poll in front of Django's handler; everything else passes through, with bodies of limited size."""
    poll = MessagesPoll.as_asgi()
    rest = with_body_limit(http)

    async def route(scope: dict[str, Any], receive: Any, send: Any) -> None:
        is_poll = scope["path"] == PATH and scope["method"] == "GET"
        await (poll if is_poll else rest)(scope, receive, send)

    return route
