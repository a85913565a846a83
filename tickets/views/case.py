"""What a ticket's page and the inbox's reading pane show, gathered once for both."""

from dataclasses import dataclass
from uuid import uuid4

from accounts.models import IdentityLevel, User
from accounts.permissions import can_reply, can_resolve
from supportai.core.models import JSONDict
from tickets import selectors_case
from tickets.agent.stories import reason_in_words
from tickets.models import Attachment, Handoff, Message, Ticket
from tickets.services.attachments import signed_url
from tickets.views.story import story_of_ticket

SKIPPED_SECTIONS = {"Conversation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A handoff packet as the page shows it: the next step apart, the conversation left to the thread."""

    handoff: Handoff
    sections: tuple[JSONDict, ...]
    next_lines: tuple[JSONDict, ...]
    is_over: bool
    draft: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message with its files and their addresses, which expire."""

    message: Message
    files: tuple[tuple[Attachment, str], ...]


def packet_of(ticket: Ticket) -> Packet | None:
    """Give the packet of the ticket's newest handoff; its draft only until a person has replied."""
    handoff = selectors_case.latest_handoff(ticket_id=ticket.pk)
    if handoff is None:
        return None
    sections = [s for s in handoff.packet.get("sections", []) if s["label"] not in SKIPPED_SECTIONS]
    is_over = handoff.state not in Handoff.OPEN or selectors_case.is_answered(handoff)
    return Packet(
        handoff=handoff,
        sections=tuple(s for s in sections if s["label"] != "Next"),
        next_lines=tuple(line for s in sections if s["label"] == "Next" for line in s["lines"]),
        is_over=is_over,
        draft="" if is_over else str(handoff.packet.get("draft", "")),
        reason=reason_in_words(handoff.reason),
    )


def conversation_context(ticket: Ticket, *, after: int = 0) -> JSONDict:
    """Give messages after a sequence number, with their files."""
    messages = selectors_case.conversation_for_staff(ticket_id=ticket.pk, after=after)
    entries = [
        Entry(message=message, files=tuple((file, signed_url(file)) for file in message.attachments.all()))
        for message in messages
    ]
    return {"ticket": ticket, "entries": entries, "after": after}


def composer_context(ticket: Ticket, user: User, packet: Packet | None) -> JSONDict:
    """Give the composer a client id of its own, so that sending twice stores once."""
    return {
        "ticket": ticket,
        "packet": packet,
        "client_id": uuid4(),
        "draft_id": uuid4(),
        "can_reply": can_reply(user),
    }


def story_context(ticket: Ticket) -> JSONDict:
    """Give what the AI agent did."""
    runs = selectors_case.runs_of(ticket_id=ticket.pk)
    return {"ticket": ticket, "story": story_of_ticket(runs, selectors_case.configuration())}


def head_context(ticket: Ticket, user: User) -> JSONDict:
    """Give the buttons that make sense now and that this person may press."""
    mine = ticket.is_with_person and ticket.assignee_id == user.pk
    return {
        "ticket": ticket,
        "intent_name": selectors_case.intent_name(ticket.intent),
        "can_take": can_reply(user) and not mine and not ticket.is_resolved,
        "can_return": can_reply(user) and ticket.is_with_person and not ticket.is_resolved,
        "can_resolve": can_resolve(user) and not ticket.is_resolved,
        "can_reopen": can_resolve(user) and ticket.is_resolved,
        "can_assign": can_resolve(user),
    }


def customer_context(ticket: Ticket, messages: list[Message]) -> JSONDict:
    """Give what is known of the customer: proof of identity, the page shared last, earlier tickets."""
    theirs = [m for m in messages if m.author == Message.Author.CUSTOMER]
    level = IdentityLevel((theirs[-1].identity_level if theirs else "") or IdentityLevel.ANONYMOUS)
    return {
        "contact": ticket.contact,
        "identity": level,
        "is_proven": level.covers(IdentityLevel.MAIL_AUTHENTICATED),
        "page": next((m.page for m in reversed(theirs) if m.page), {}),
        "earlier": selectors_case.earlier_tickets(ticket),
        "rating": selectors_case.last_rating(contact_id=ticket.contact_id),
        "staff": selectors_case.possible_assignees(),
    }


def pane_head_context(ticket: Ticket, user: User) -> JSONDict:
    """Give what the head of the inbox's reading pane shows."""
    story = selectors_case.latest_story(ticket_id=ticket.pk)
    return head_context(ticket, user) | {"packet": packet_of(ticket), "latest_story": story}


def pane_context(ticket: Ticket, user: User) -> JSONDict:
    """Give what the inbox's reading pane shows."""
    head = pane_head_context(ticket, user)
    return conversation_context(ticket) | head | composer_context(ticket, user, head["packet"])


def page_context(ticket: Ticket, user: User) -> JSONDict:
    """Give what the ticket's own page shows."""
    packet = packet_of(ticket)
    talk = conversation_context(ticket)
    return (
        talk
        | composer_context(ticket, user, packet)
        | head_context(ticket, user)
        | story_context(ticket)
        | {"section": "inbox"}
        | customer_context(ticket, [entry.message for entry in talk["entries"]])
    )
