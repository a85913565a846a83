"""The staff pages' websocket: doorbells only, the pages fetch what changed themselves."""

from uuid import UUID

from channels.db import database_sync_to_async
from pydantic import BaseModel, ValidationError

from accounts.permissions import can_reply, can_see_inbox
from supportai.core.errors import InvalidInputError, NotAllowedError
from supportai.core.frames import INBOX_GROUP, contact_group, hub, send_frame, ticket_group
from supportai.core.models import JSONDict
from tickets.consumers.access import is_own_origin
from tickets.consumers.sockets import CLOSE_NOT_ALLOWED, FrameConsumer
from tickets.models import Ticket

may_see = database_sync_to_async(can_see_inbox)
may_reply = database_sync_to_async(can_reply)


class _Watch(BaseModel):
    ticket: UUID | None = None


@database_sync_to_async
def contact_of(public_id: UUID) -> UUID | None:
    """Give the public id of a ticket's contact, or None when there is no such ticket."""
    found: UUID | None = Ticket.objects.filter(public_id=public_id).values_list("contact__public_id", flat=True).first()
    return found


class InboxConsumer(FrameConsumer):
    """Staff socket: rings for every row of the inbox, and for the one ticket that is looked at."""

    watched: UUID | None = None
    contact: UUID | None = None

    async def connect(self) -> None:
        # It is the cookie that lets somebody in here, so a foreign page must not open it on their behalf.
        is_own = is_own_origin(self.header("origin"), self.header("host"))
        if not is_own or not await may_see(self.scope["user"]):
            await self.close(code=CLOSE_NOT_ALLOWED)
            return
        await self.accept()
        await hub.join(INBOX_GROUP, self)

    async def take(self, content: JSONDict) -> None:
        kind = content.get("type")
        if kind == "watch":
            await self.watch(content)
        elif kind == "typing":
            await self.typing()
        elif kind == "ping":
            await self.send_frame({"type": "pong"})
        else:
            raise InvalidInputError("There is no such frame type.")

    async def watch(self, content: JSONDict) -> None:
        """Ring for one ticket from now on, and for no other; null rings for none."""
        try:
            ticket = _Watch.model_validate(content).ticket
        except ValidationError as exc:
            raise InvalidInputError("ticket: an id or null.") from exc
        contact = await contact_of(ticket) if ticket else None
        if ticket and contact is None:
            raise InvalidInputError("There is no such ticket.")
        if self.watched:
            await hub.leave(ticket_group(self.watched), self)
        self.watched, self.contact = ticket, contact
        if ticket:
            await hub.join(ticket_group(ticket), self)

    async def typing(self) -> None:
        """Show the customer that a person writes."""
        if not self.watched:
            return
        if not await may_reply(self.scope["user"]):
            raise NotAllowedError("You may read here, not write.")
        who = self.scope["user"].get_short_name()
        send_frame(contact_group(self.contact), {"type": "typing", "ticket": str(self.watched), "who": who})
