"""The widget's websocket."""

import asyncio
import time
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from accounts.errors import SessionExpiredError
from accounts.widget import WidgetSession
from supportai.core.errors import InvalidInputError, TooManyRequestsError
from supportai.core.frames import contact_group, hub, send_frame, ticket_group
from supportai.core.models import JSONDict
from tickets.consumers import access, requests
from tickets.consumers.frames import AskPerson, Hello, Rate, Say, parse
from tickets.consumers.sockets import CLOSE_NO_SESSION, CLOSE_NOT_ALLOWED, FrameConsumer

HELLO_SECONDS = 10.0
# A person at a keyboard needs far fewer; a script that needs more has the API.
FRAMES_PER_MINUTE = 240

read_session = database_sync_to_async(access.session_of)
welcome = database_sync_to_async(requests.welcome)
say = database_sync_to_async(requests.say)
ask_person = database_sync_to_async(requests.ask_person)
rate = database_sync_to_async(requests.rate)
last_sequence = database_sync_to_async(requests.last_sequence)


class ConversationConsumer(FrameConsumer):
    """Widget socket: checks who speaks in the first frame and again in each that changes something; decides nothing."""

    hello_seconds = HELLO_SECONDS
    deadline: asyncio.Task[None] | None = None
    token = ""
    session: WidgetSession | None = None
    group: str | None = None
    ticket: UUID | None = None
    window_started = 0.0
    frames_in_window = 0

    async def connect(self) -> None:
        await self.accept()
        self.deadline = asyncio.create_task(self._expect_hello())

    async def _expect_hello(self) -> None:
        await asyncio.sleep(self.hello_seconds)
        await self.close(code=CLOSE_NO_SESSION)

    async def disconnect(self, code: int) -> None:  # noqa: ARG002 - the base class passes it
        if self.deadline:
            self.deadline.cancel()

    async def take(self, content: JSONDict) -> None:
        self._count()
        handler = HANDLERS.get(str(content.get("type")))
        if handler is None:
            raise InvalidInputError("There is no such frame type.")
        if self.session is None and handler is not ConversationConsumer.hello:
            raise InvalidInputError("The first frame must be hello.")
        await handler(self, content)

    def _count(self) -> None:
        now = time.monotonic()
        if now - self.window_started > access.MINUTE:
            self.window_started, self.frames_in_window = now, 0
        self.frames_in_window += 1
        if self.frames_in_window > FRAMES_PER_MINUTE:
            wait = max(1, round(self.window_started + access.MINUTE - now))
            raise TooManyRequestsError(f"Too many frames; try again in {wait} seconds.", retry_after=wait)

    async def hello(self, content: JSONDict) -> None:
        """Check the session, join its contact's group and answer with what was missed; may be repeated to resume."""
        frame = parse(Hello, content)
        self.token = frame.session
        session = await self._session()
        if session is None:
            return
        if self.deadline:
            self.deadline.cancel()
        # Join before reading, so that a message stored in between rings.
        await self._join(session)
        answer = await welcome(session, frame)
        self.ticket = UUID(answer["ticket"]["id"]) if answer["ticket"] else None
        await self.send_frame(answer)

    async def _session(self) -> WidgetSession | None:
        """Read the session again, since a token may end while its socket stays open; None closes the socket."""
        try:
            session: WidgetSession = await read_session(
                self.token, origin=self.header("origin"), host=self.header("host")
            )
        except (SessionExpiredError, access.OriginNotAllowedError) as exc:
            await self.send_refusal(exc)
            is_over = isinstance(exc, SessionExpiredError)
            await self.close(code=CLOSE_NO_SESSION if is_over else CLOSE_NOT_ALLOWED)
            return None
        return session

    async def _join(self, session: WidgetSession) -> None:
        group = contact_group(session.contact.public_id)
        if self.group and self.group != group:
            await hub.leave(self.group, self)
        self.session, self.group = session, group
        await hub.join(group, self)

    async def message(self, content: JSONDict) -> None:
        """Store a message and confirm it."""
        frame = parse(Say, content)
        session = await self._session()
        if session:
            ack = await say(session, frame)
            self.ticket = UUID(ack["ticket"])
            await self.send_frame(ack)

    async def person(self, content: JSONDict) -> None:
        """Pass the conversation to people."""
        frame = parse(AskPerson, content)
        session = await self._session()
        if session:
            await self.send_frame(await ask_person(session, frame))

    async def csat(self, content: JSONDict) -> None:
        """Store a rating."""
        frame = parse(Rate, content)
        session = await self._session()
        if session:
            await self.send_frame(await rate(session, frame))

    async def typing(self, _content: JSONDict) -> None:
        """Show staff who look at the conversation that the customer writes."""
        if self.ticket and self.session:
            who = self.session.contact.display_name
            send_frame(ticket_group(self.ticket), {"type": "typing", "ticket": str(self.ticket), "who": who})

    async def ping(self, _content: JSONDict) -> None:
        """Answer a heartbeat with the last sequence, so that a doorbell that was missed costs one beat at most."""
        assert self.session is not None
        last = await last_sequence(self.session.contact.pk, self.ticket) if self.ticket else 0
        await self.send_frame({"type": "pong", "last_sequence": last})


HANDLERS: dict[str, Any] = {
    "hello": ConversationConsumer.hello,
    "message": ConversationConsumer.message,
    "person": ConversationConsumer.person,
    "csat": ConversationConsumer.csat,
    "typing": ConversationConsumer.typing,
    "ping": ConversationConsumer.ping,
}
