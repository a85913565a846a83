"""Things that people say and do in tests, through the use cases."""

from typing import Any
from uuid import UUID, uuid4

from accounts.models import Contact
from tickets.models import AgentRun, Message, Ticket
from tickets.services import messages, runs
from tickets.services.messages import AgentMessage


def say(
    contact: Contact, text: str = "How do I invite a colleague?", *, ticket: Ticket | None = None, **changes: Any
) -> Message:
    """Let a contact write, on a ticket or on a new one."""
    values: dict[str, Any] = {
        "contact_id": contact.pk,
        "brand_id": contact.brand_id,
        "ticket_public_id": ticket.public_id if ticket else None,
        "client_id": uuid4(),
        "text": text,
        "identity_level": "signed",
        **changes,
    }
    return messages.post_customer_message(**values)


def answer(run: AgentRun, text: str = "Open Settings.", **fields: Any) -> Message | None:
    """Let the AI agent say something in a run."""
    fields.setdefault("client_id", uuid4())
    return messages.post_agent_message(run=run, message=AgentMessage(body=text, **fields))


def reply(ticket: Ticket, user_id: int, text: str = "I have looked at it.", client_id: UUID | None = None) -> Message:
    """Let a member of staff reply."""
    return messages.post_staff_reply(ticket_id=ticket.pk, user_id=user_id, client_id=client_id or uuid4(), text=text)


def claim(run: AgentRun, owner: str = "worker") -> AgentRun:
    """Let a worker take a queued run."""
    claimed = runs.claim_run(run_id=run.pk, owner=owner)
    assert claimed is not None
    return claimed
