"""Reads of one ticket as staff see it: conversation, runs, packet, and what is known of the customer."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Prefetch

from accounts.models import User
from supportai.core.errors import NotFoundError
from tickets import selectors
from tickets.models import AgentConfiguration, AgentRun, AgentStep, Citation, Csat, Handoff, Intent, Message, Ticket


def ticket_for_staff(public_id: UUID) -> Ticket:
    """Give a ticket with who it belongs to.

    Raises:
        NotFoundError: there is none.
    """
    ticket = (
        Ticket.objects.filter(public_id=public_id)
        .select_related("contact__organization", "brand", "team", "assignee")
        .first()
    )
    if ticket is None:
        raise NotFoundError("This ticket does not exist.")
    return ticket


def conversation_for_staff(*, ticket_id: int, after: int = 0) -> list[Message]:
    """Give messages and notes after a sequence number, with citations and their revisions."""
    messages = selectors.conversation(ticket_id=ticket_id, after=after, is_staff=True).prefetch_related(None)
    citations = Prefetch("citations", Citation.objects.select_related("revision"))
    return list(messages.prefetch_related(citations, "attachments"))


def runs_of(*, ticket_id: int) -> list[AgentRun]:
    """Give the AI agent's runs on a ticket with their steps, oldest first."""
    return list(AgentRun.objects.filter(ticket_id=ticket_id).order_by("pk").prefetch_related("steps"))


def intent_name(slug: str) -> str:
    """Name an intent as staff know it; one that is gone by its slug."""
    if not slug:
        return ""
    name = Intent.objects.filter(slug=slug).values_list("name", flat=True).first()
    return name or slug.replace("_", " ").capitalize()


def latest_story(*, ticket_id: int) -> str:
    """Give the sentence of the AI agent's last step; empty before the first."""
    steps = AgentStep.objects.filter(run__ticket_id=ticket_id).order_by("-pk")
    return steps.values_list("story", flat=True).first() or ""


def latest_handoff(*, ticket_id: int) -> Handoff | None:
    """Give the newest passing of a ticket to people."""
    return Handoff.objects.filter(ticket_id=ticket_id).order_by("-pk").first()


def is_answered(handoff: Handoff) -> bool:
    """Tell whether a person has replied since the ticket was passed on."""
    return Message.objects.filter(
        ticket_id=handoff.ticket_id,
        author=Message.Author.AGENT,
        kind=Message.Kind.PUBLIC,
        created_at__gte=handoff.created_at,
    ).exists()


def earlier_tickets(ticket: Ticket, *, limit: int = 5) -> list[Ticket]:
    """Give the contact's other tickets, newest first."""
    others = Ticket.objects.filter(contact_id=ticket.contact_id).exclude(pk=ticket.pk)
    return list(others.select_related("assignee").order_by("-created_at")[:limit])


def last_rating(*, contact_id: int) -> Csat | None:
    """Give what the contact last thought of an episode."""
    return Csat.objects.filter(ticket__contact_id=contact_id).order_by("-created_at").first()


def possible_assignees() -> list[User]:
    """Give everybody who could take a ticket."""
    return list(User.objects.filter(is_active=True).order_by("name"))


def configuration() -> AgentConfiguration:
    """Give the settings whose thresholds the story shows; the defaults without a row."""
    return AgentConfiguration.objects.order_by("pk").first() or AgentConfiguration()


def tickets_by_public_id(public_ids: Sequence[UUID]) -> dict[UUID, Ticket]:
    """Give tickets by their public ids, as origins and episodes name them."""
    found = Ticket.objects.filter(public_id__in=public_ids).select_related("assignee", "team")
    return {ticket.public_id: ticket for ticket in found}
