"""An inbox row in words: why the ticket is here, who it is from, how long it waits, at most two tags."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from supportai.core import clock
from supportai.core.cel import shorten
from tickets.agent.stories import reason_in_words
from tickets.models import AgentRun, Handoff, Priority, Ticket
from tickets.selectors_inbox import ListedTicket
from tickets.views.words import act_in_words

# Until there are SLA clocks (their own issue), these say when a wait is long.
LONG_WAIT = timedelta(minutes=15)
TOO_LONG_WAIT = timedelta(hours=1)
MOST_QUOTED = 160
SHORT_REASONS = {
    Handoff.Reason.LOW_CONFIDENCE: "Not sure enough",
    Handoff.Reason.CUSTOMER_REQUEST: "Asked for a person",
    Handoff.Reason.POLICY: "For a person to decide",
    Handoff.Reason.REPEATED_FAILURE: "Failed repeatedly",
    Handoff.Reason.NEGATIVE_SENTIMENT: "The customer is upset",
    Handoff.Reason.MISSING_KNOWLEDGE: "No article covers it",
    Handoff.Reason.TOOL_FAILURE: "A tool failed",
}
Tone = Literal["", "wait", "bad", "ok"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A word with a colour's meaning."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one row of the list shows."""

    ticket: Ticket
    reason: str
    quote: str
    sender: str
    since: datetime
    lateness: Literal["", "warn", "poor"]
    has_ai: bool
    tags: tuple[Tag, ...]
    is_gone: bool = False


def row_for(ticket: ListedTicket, *, is_gone: bool = False) -> Row:
    """Build the row of a ticket of `selectors_inbox.rows()`; `is_gone` says that it left the list it is shown in."""
    contact = ticket.contact
    company = contact.organization.name if contact.organization else ""
    plan = contact.current_plan.capitalize()
    waits = _waits_for_person(ticket)
    since = ticket.waiting_since if waits else ticket.touched_at
    quote = quote_of(ticket) if waits else ""
    return Row(
        ticket=ticket,
        reason=reason_of(ticket, is_short=bool(quote)),
        quote=quote,
        sender=" · ".join(part for part in (company or contact.display_name, plan) if part),
        since=since,
        lateness=_lateness(since) if waits else "",
        has_ai=ticket.has_ai,
        tags=_tags(ticket),
        is_gone=is_gone,
    )


def quote_of(ticket: ListedTicket) -> str:
    """Give what the customer said last, as far as a line may show it; empty when the subject says it already."""
    said = shorten(ticket.last_said or "", MOST_QUOTED)
    subject = ticket.subject.rstrip(" …").casefold()
    return "" if subject and said.rstrip(" …").casefold().startswith(subject) else said


def reason_of(ticket: ListedTicket, *, is_short: bool = False) -> str:
    """Say why the ticket is where it is, so that the order can be trusted; short when a quote shares the line."""
    if ticket.is_resolved:
        return _reason_resolved(ticket)
    if ticket.waits_approval:
        return f"Approve or deny: {act_in_words(ticket.waiting_call or 'a call')}"
    if not ticket.is_with_person:
        return _reason_ai(ticket)
    return _reason_person(ticket, is_short=is_short)


def _reason_resolved(ticket: ListedTicket) -> str:
    by = {"staff": "by a person", "ai_agent": "by the AI agent", "system": "after silence"}.get(ticket.resolved_by, "")
    ledger = ticket.get_ledger_display() if ticket.ledger else ""
    return " · ".join(part for part in (f"Resolved {by}".strip(), ledger.lower()) if part)


def _reason_ai(ticket: ListedTicket) -> str:
    if ticket.status == Ticket.Status.OPEN:
        return ticket.last_story or "The AI agent is reading it"
    if ticket.run_state == AgentRun.State.WAITING_CUSTOMER:
        return "The AI agent asked; the customer has the word"
    return "The AI agent answered; the customer has the word"


def _reason_person(ticket: ListedTicket, *, is_short: bool) -> str:
    who = ticket.assignee.get_short_name() if ticket.assignee else ""
    handed = _reason_handed(ticket, is_short=is_short) if ticket.open_handoff else ""
    if ticket.status == Ticket.Status.PENDING:
        return f"{who or 'A person'} answered; the customer has the word"
    if not who:
        return handed or "A person has to answer, nobody has it yet"
    return " · ".join(part for part in (f"{who} has it", handed) if part)


def _reason_handed(ticket: ListedTicket, *, is_short: bool) -> str:
    """Give the AI agent's own sentence, which names the why, while nothing happened since; else the fixed reason."""
    story = ticket.last_story or ""
    if is_short and ticket.open_handoff:
        return SHORT_REASONS[Handoff.Reason(ticket.open_handoff)]
    if story.startswith("Handed off") or not ticket.open_handoff:
        return story
    return f"Handed off: {reason_in_words(ticket.open_handoff)}"


def _waits_for_person(ticket: ListedTicket) -> bool:
    return ticket.waits_approval or (ticket.is_with_person and ticket.status == Ticket.Status.OPEN)


def _lateness(since: datetime) -> Literal["", "warn", "poor"]:
    waited = clock.now() - since
    if waited >= TOO_LONG_WAIT:
        return "poor"
    return "warn" if waited >= LONG_WAIT else ""


def _tags(ticket: ListedTicket) -> tuple[Tag, ...]:
    tags = [Tag(text=ticket.team.name)] if ticket.team else []
    if ticket.is_resolved and ticket.ledger:
        proven = ticket.ledger == Ticket.Ledger.VERIFIED
        tags.append(Tag(text=ticket.ledger.capitalize(), tone="ok" if proven else ""))
    elif ticket.waits_approval:
        tags.append(Tag(text="Approval", tone="wait"))
    elif ticket.priority in {Priority.URGENT, Priority.HIGH}:
        tags.append(Tag(text=ticket.get_priority_display(), tone="bad" if ticket.priority == Priority.URGENT else ""))
    elif ticket.episode > 1:
        tags.append(Tag(text="Came back"))
    return tuple(tags)
