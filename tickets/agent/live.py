"""What the customer sees while the AI agent works: words for each step, and the text in whole sentences."""

from collections.abc import Sequence

from supportai.core.frames import contact_group, send_frame
from tickets.models import AgentRun
from tickets.services import runs

FENCE = "```"


def tell_working(run: AgentRun, text: str) -> None:
    """Say in words what is being done now; a doorbell, so nothing depends on it."""
    ticket = run.ticket
    send_frame(
        contact_group(ticket.contact.public_id),
        {"type": "working", "ticket": ticket.public_id, "text": text},
    )


def stream_sentences(run: AgentRun, sentences: Sequence[str], *, after: int = 0) -> None:
    """Show a checked answer sentence by sentence before its message is stored, the first `after` of them at once."""
    ticket = run.ticket
    shown = ""
    for number, sentence in enumerate(sentences, start=1):
        # A line of ``` has its line alone.
        gap = "\n\n" if FENCE in sentence or shown.endswith(FENCE) else " "
        shown = f"{shown}{gap}{sentence}".strip()
        if number < after:
            continue
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
    """Take back streamed text: a person took over before it was stored, or it may not be said after all."""
    ticket = run.ticket
    send_frame(
        contact_group(ticket.contact.public_id),
        {"type": "stream", "ticket": ticket.public_id, "run": run.public_id, "text": "", "done": True, "discard": True},
    )


class Screen:
    """What the customer sees of an answer that is still being written; whatever is shown can be taken back."""

    def __init__(self, run: AgentRun) -> None:
        self.run = run
        self.shown = 0

    def show(self, sentences: Sequence[str]) -> None:
        """Show these sentences in place of what was shown; nothing once the run is not ours any more."""
        if len(sentences) > self.shown and runs.is_current(self.run):
            self.shown = len(sentences)
            stream_sentences(self.run, sentences, after=len(sentences))

    def clear(self) -> None:
        """Take back what was shown."""
        if self.shown:
            self.shown = 0
            drop_stream(self.run)
