"""Rows of insights for tests: tickets at hand-made times."""

from datetime import UTC, datetime, timedelta

from factory.declarations import LazyAttribute, SubFactory
from factory.django import DjangoModelFactory

from insights.models import Outcome
from tickets.models import Message, Ticket
from tickets.tests.factories import MessageFactory, ResolvedTicketFactory, TicketFactory

# A Wednesday at noon; tests set the clock to it.
NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


class OutcomeFactory(DjangoModelFactory):
    """An ending that the customer confirmed, and that stands."""

    class Meta:
        model = Outcome

    ticket = SubFactory(ResolvedTicketFactory)
    episode = LazyAttribute(lambda o: o.ticket.episode)
    ending = Outcome.Ending.CONFIRMED
    ended_at = LazyAttribute(lambda o: o.ticket.resolved_at)


def ago(**parts: float) -> datetime:
    """Give a time before NOW."""
    return NOW - timedelta(**parts)


def opened(at: datetime, **fields) -> Ticket:
    """Make an open ticket of a time."""
    return TicketFactory(created_at=at, last_customer_message_at=at, **fields)


def ended(at: datetime, ending: str = "confirmed", *, after: timedelta = timedelta(hours=1), **fields) -> Ticket:
    """Make a ticket opened at a time and ended some time later, with its outcome."""
    is_people = ending == "people"
    ticket = opened(
        at,
        status="resolved",
        resolved_at=at + after,
        resolved_by="staff" if is_people else "ai_agent",
        ledger="" if is_people else ending,
        **fields,
    )
    OutcomeFactory(ticket=ticket, ending=ending)
    return ticket


def returned(ticket: Ticket, *, after: timedelta) -> None:
    """Let the customer of an ended ticket write again some time after its end."""
    outcome = ticket.outcomes.get()
    outcome.returned_at = outcome.ended_at + after
    outcome.save()
    ticket.status, ticket.resolved_at, ticket.resolved_by, ticket.ledger = "open", None, "", ""
    ticket.episode += 1
    ticket.save()


def replied(ticket: Ticket, author: str, at: datetime) -> Message:
    """Add a public reply; the ticket's first one sets its time."""
    message = MessageFactory(ticket=ticket, author=author, created_at=at, identity_level="")
    if ticket.first_replied_at is None:
        ticket.first_replied_at = at
        ticket.save(update_fields=["first_replied_at"])
    return message
