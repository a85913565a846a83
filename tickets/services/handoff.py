"""Pass a ticket from the AI agent to people: one open handoff a ticket, with packet and an honest notice."""

from uuid import UUID

from django.db import transaction

from accounts.models import Contact, Team
from supportai.core.events import publish
from supportai.core.ids import stable_id
from supportai.core.models import JSONDict
from tickets.events import HandoffRequested, TicketChanged
from tickets.models import AgentRun, Channel, Handoff, Message, Ticket
from tickets.selectors import ticket_of
from tickets.services import ownership, runs
from tickets.services.messages import append_message, begin_episode, lock_ticket
from tickets.services.packet import build_packet

ASKED = "Asks for a person"
OPENINGS = {
    Handoff.Reason.CUSTOMER_REQUEST: "Of course.",
    Handoff.Reason.MISSING_KNOWLEDGE: "I don't know: I found nothing in our help center that answers this.",
    Handoff.Reason.LOW_CONFIDENCE: "I am not sure enough to answer this myself.",
    Handoff.Reason.POLICY: "This is for a person to decide.",
    Handoff.Reason.REPEATED_FAILURE: "I am sorry, I could not solve this.",
    Handoff.Reason.NEGATIVE_SENTIMENT: "I am sorry for the trouble.",
    Handoff.Reason.TOOL_FAILURE: "I could not complete this because a system did not answer as it should. I claim nothing as done.",
}


def notice_for(reason: str, team: Team | None) -> str:
    """Write what the customer hears: why, who answers, and that nothing must be repeated."""
    who = f"our {team.name.lower()} team" if team and not team.is_default else "our team"
    return (
        f"{OPENINGS[Handoff.Reason(reason)]} I have passed everything to {who}. "
        "A person will answer here; you need not repeat anything."
    )


@transaction.atomic
def hand_off(
    *,
    run: AgentRun,
    reason: str,
    notice: str = "",
    draft: str = "",
    next_step: str = "",
    why: str = "",
) -> Handoff | None:
    """Pass a run's ticket to people; None when a person has it already. Doing it twice makes one handoff."""
    ticket = lock_ticket(run.ticket_id)
    existing = ticket.handoffs.filter(run=run).first()
    if existing:
        return existing
    if ticket.is_with_person or ticket.is_resolved or ticket.episode != run.episode or not runs.is_current(run):
        return None
    return _pass_to_people(ticket, reason=reason, run=run, notice=notice, draft=draft, next_step=next_step, why=why)


@transaction.atomic
def request_person(
    *, contact_id: int, brand_id: int, ticket_public_id: UUID | None, identity_level: str
) -> Handoff | None:
    """Do what the widget's "Talk to a person" promises, at once and without a counter-argument.

    Opens a ticket when none is named (asking again before a person came gives the same handoff), and the next episode
    when it was resolved. None when a person has it already.

    Raises:
        NotFoundError: the ticket is not this contact's.
    """
    contact = Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact_id)
    if ticket_public_id:
        ticket = lock_ticket(ticket_of(contact_id=contact.pk, public_id=ticket_public_id).pk)
    else:
        opened: JSONDict = {"contact": contact, "brand_id": brand_id, "channel": Channel.WIDGET, "subject": ASKED}
        asked = Handoff.objects.filter(
            state=Handoff.State.QUEUED, run=None, **{f"ticket__{k}": v for k, v in opened.items()}
        )
        if before := asked.first():
            return before
        ticket = Ticket.objects.create(**opened)
    if ticket.is_resolved:
        begin_episode(ticket)
    if ticket.is_with_person:
        return None
    append_message(
        ticket,
        author=Message.Author.CUSTOMER,
        client_id=stable_id("person", ticket.pk, ticket.episode),
        body="I would like to talk to a person.",
        identity_level=identity_level,
    )
    return _pass_to_people(ticket, reason=Handoff.Reason.CUSTOMER_REQUEST)


def _pass_to_people(
    ticket: Ticket,
    *,
    reason: str,
    run: AgentRun | None = None,
    notice: str = "",
    draft: str = "",
    next_step: str = "",
    why: str = "",
) -> Handoff:
    if ticket.team is None:
        ticket.team = Team.objects.filter(is_default=True).first()
    ticket.status = Ticket.Status.OPEN
    ticket.save(update_fields=["team", "status"])
    append_message(
        ticket,
        author=Message.Author.AI_AGENT,
        client_id=stable_id("handoff", ticket.pk, ticket.episode, run.pk if run else "person"),
        body=notice or notice_for(reason, ticket.team),
        run=run,
    )
    packet = build_packet(ticket, reason=reason, draft=draft, next_step=next_step, why=why)
    if run is None:
        ownership.give_to_person(ticket, user_id=None)
    else:
        # The run itself goes on to its end, so it is not cancelled with the rest.
        ticket.handler = Ticket.Handler.PERSON
        ticket.save(update_fields=["handler"])
    handoff = Handoff.objects.create(ticket=ticket, run=run, episode=ticket.episode, reason=reason, packet=packet)
    publish(HandoffRequested(ticket_id=ticket.pk, handoff_id=handoff.pk, reason=reason))
    publish(TicketChanged(ticket_id=ticket.pk))
    return handoff
