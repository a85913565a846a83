"""What the customer sees while the AI agent works: words for each step, and the text in whole sentences."""

from collections.abc import Sequence

from supportai.core.frames import contact_group, send_frame
from tickets.models import AgentRun


def tell_working(run: AgentRun, text: str) -> None:
    """Say in words what is being done now; a doorbell, so nothing depends on it."""
    ticket = run.ticket
    send_frame(
        contact_group(ticket.contact.public_id),
        {"type": "working", "ticket": ticket.public_id, "text": text},
    )


def stream_sentences(run: AgentRun, sentences: Sequence[str]) -> None:
    """Show a checked answer sentence by sentence before its message is stored."""
    ticket = run.ticket
    shown = ""
    for sentence in sentences:
        shown = f"{shown} {sentence}".strip()
        send_frame(
            contact_group(ticket.contact.public_id),
            {
                "type": "stream",
                "ticket": ticket.public_id,
                "run": run.public_id,
                "text": shown,
                "done": False,
                "discard": False,
            },
        )


def drop_stream(run: AgentRun) -> None:
    """Take back streamed text, because a person took over before it was stored."""
    ticket = run.ticket
    send_frame(
        contact_group(ticket.contact.public_id),
        {"type": "stream", "ticket": ticket.public_id, "run": run.public_id, "text": "", "done": True, "discard": True},
    )
