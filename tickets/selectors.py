"""Reads of tickets for the widget, the API and the AI agent."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from supportai.core.errors import NotFoundError
from supportai.core.models import JSONDict
from tickets.models import AgentRun, AgentStep, Citation, Message, Ticket


def latest_ticket_of(*, contact_id: int, brand_id: int) -> Ticket | None:
    """Give the contact's newest ticket of a brand: the conversation that a widget continues."""
    return (
        Ticket.objects.filter(contact_id=contact_id, brand_id=brand_id)
        .select_related("assignee", "team", "contact")
        .order_by("-created_at")
        .first()
    )


def ticket_of(*, contact_id: int, public_id: UUID) -> Ticket:
    """Give a contact's own ticket.

    Raises:
        NotFoundError: it is not theirs or does not exist.
    """
    ticket = (
        Ticket.objects.filter(contact_id=contact_id, public_id=public_id)
        .select_related("assignee", "team", "contact")
        .first()
    )
    if ticket is None:
        raise NotFoundError("This conversation is not yours or does not exist.")
    return ticket


def conversation(*, ticket_id: int, after: int = 0, is_staff: bool = False) -> QuerySet[Message]:
    """Give messages after a sequence number, oldest first; internal notes only for staff."""
    messages = (
        Message.objects.filter(ticket_id=ticket_id, sequence__gt=after)
        .select_related("user", "ticket__contact", "run")
        .prefetch_related("citations", "attachments")
        .order_by("sequence")
    )
    return messages if is_staff else messages.exclude(kind=Message.Kind.NOTE)


def ticket_frame(ticket: Ticket) -> JSONDict:
    """Describe a ticket to its customer; see docs/tickets.md for the form."""
    person = ticket.assignee if ticket.is_with_person else None
    return {
        "id": str(ticket.public_id),
        "status": ticket.status,
        "handler": ticket.handler,
        "agent_name": person.get_short_name() if person else None,
        "team": ticket.team.name if ticket.team else "",
        "csat_asked": ticket.is_resolved and not ticket.csat.filter(episode=ticket.episode).exists(),
        "is_being_checked": not ticket.is_with_person and is_being_checked(ticket),
        "last_sequence": ticket.last_sequence,
    }


def is_being_checked(ticket: Ticket) -> bool:
    """Tell whether a call of the AI agent waits for a person's yes; known from the moment the customer is told so."""
    waiting = (AgentRun.State.RUNNING, AgentRun.State.WAITING_APPROVAL)
    return AgentStep.objects.filter(
        run__ticket=ticket,
        run__episode=ticket.episode,
        run__state__in=waiting,
        kind=AgentStep.Kind.ACT,
        state=AgentStep.State.DECIDED,
        output__state="planned",
    ).exists()


def message_frame(message: Message) -> JSONDict:
    """Describe a message to its customer; see docs/tickets.md for the form."""
    return {
        "id": str(message.public_id),
        "client_id": str(message.client_id),
        "sequence": message.sequence,
        "author": message.author,
        "author_name": author_name(message),
        "author_initials": message.user.initials if message.user else "",
        "kind": message.kind,
        "body": message.body,
        "created_at": message.created_at.isoformat(),
        "quick_replies": message.quick_replies,
        "card": message.card,
        "citations": [citation_frame(citation) for citation in message.citations.all()],
        "attachments": [
            {
                "id": str(attachment.public_id),
                "name": attachment.name,
                "content_type": attachment.content_type,
                "size": attachment.size_bytes,
            }
            for attachment in message.attachments.all()
        ],
        "run": str(message.run.public_id) if message.run else None,
    }


def citation_frame(citation: Citation) -> JSONDict:
    """Describe a source: its number, title, quoted words and, for an article, its page.

    A slug that is none costs the link only: a conversation must open whatever is stored.
    """
    try:
        url = reverse("knowledge:article", args=[citation.article_slug]) if citation.article_slug else ""
    except NoReverseMatch:
        url = ""
    return {"number": citation.number, "title": citation.title, "quote": citation.quote, "url": url}


def author_name(message: Message) -> str:
    """Name a message's author as the customer sees it."""
    if message.author == Message.Author.AGENT:
        return message.user.get_short_name() if message.user else "Support"
    if message.author == Message.Author.AI_AGENT:
        return "AI agent"
    return message.ticket.contact.display_name if message.author == Message.Author.CUSTOMER else ""


def frames(messages: Iterable[Message]) -> list[JSONDict]:
    """Describe several messages."""
    return [message_frame(message) for message in messages]
