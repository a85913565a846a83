"""Earlier conversations of the demo: posted through the services, with the real AI agent, on a clock set back."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from accounts.models import Brand, Contact, IdentityLevel, User
from integrations.services.sandbox import moved_time
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.ids import stable_id
from supportai.core.models import JSONDict
from supportai.demo.configuration import read_yaml
from tickets.agent.loop import run_agent
from tickets.agent.understanding import warm_up
from tickets.errors import TicketNotResolvedError
from tickets.models import AgentRun, Message, Ticket
from tickets.selectors_agent import agent_settings
from tickets.services import csat, lifecycle, messages

# Between two turns of an earlier conversation.
PAUSE = timedelta(minutes=7)


def play_conversations(brand: Brand) -> int:
    """Play the earlier conversations that no ticket holds yet; returns how many tickets were made."""
    missing = [past for past in read_yaml("conversations.yaml") if not _is_there(past)]
    if not missing:
        return 0
    # Training the heads takes a while, which must not count against the first run's time.
    warm_up(agent_settings())
    for past in missing:
        _play(past, Contact.objects.get(brand=brand, email=past["contact"], is_verified=True), brand)
    return len(missing)


def _is_there(past: JSONDict) -> bool:
    first = stable_id("demo", past["contact"], past["ago"], 0)
    return Message.objects.filter(ticket__contact__email=past["contact"], client_id=first).exists()


def _play(past: JSONDict, contact: Contact, brand: Brand) -> None:
    now = clock.now()
    start = moved_time(past["ago"], now) - now
    ticket_id: UUID | None = None
    for number, turn in enumerate(past["turns"]):
        offset = start + number * PAUSE
        client_id = stable_id("demo", past["contact"], past["ago"], number)
        with clock.moved(offset):
            ticket_id = _turn(turn, contact, brand, ticket_id, client_id)
    # As the worker would have done in time: what ended in silence ended then, not today.
    silence = agent_settings().silence
    with clock.moved(min(start + len(past["turns"]) * PAUSE + silence, timedelta(0))):
        lifecycle.resolve_silent(silence=silence)


def _turn(turn: JSONDict, contact: Contact, brand: Brand, ticket_id: UUID | None, client_id: UUID) -> UUID:
    if ticket_id and "resolve" in turn:
        staff = User.objects.get(email=turn["resolve"])
        lifecycle.resolve_ticket(ticket_id=_pk(ticket_id), actor=Actor.staff(staff.pk))
        return ticket_id
    if ticket_id and "rate" in turn:
        # With the AI agent switched off, or surer than it was, a thank-you may leave the ticket open.
        with suppress(TicketNotResolvedError):
            comment = turn.get("comment", "")
            csat.rate(contact_id=contact.pk, ticket_public_id=ticket_id, score=turn["rate"], comment=comment)
        return ticket_id
    if ticket_id and "staff" in turn:
        staff = User.objects.get(email=turn["staff"])
        lifecycle.take_over(ticket_id=_pk(ticket_id), user_id=staff.pk)
        messages.post_staff_reply(
            ticket_id=_pk(ticket_id), user_id=staff.pk, client_id=client_id, text=turn["say"].strip()
        )
        return ticket_id
    posted = messages.post_customer_message(
        contact_id=contact.pk,
        brand_id=brand.pk,
        ticket_public_id=ticket_id,
        client_id=client_id,
        text=turn["say"],
        identity_level=IdentityLevel.SIGNED,
    )
    for run in posted.ticket.runs.filter(state=AgentRun.State.QUEUED):
        run_agent(run.pk)
    return posted.ticket.public_id


def _pk(public_id: UUID) -> int:
    return Ticket.objects.values_list("pk", flat=True).get(public_id=public_id)
