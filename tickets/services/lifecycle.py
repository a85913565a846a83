"""A ticket's life: taken over, returned, assigned, resolved, reopened."""

from datetime import timedelta

from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts.models import User
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor
from supportai.core.events import publish
from tickets.errors import TicketAlreadyResolvedError, TicketNotResolvedError
from tickets.events import TicketChanged, TicketReopened, TicketResolved
from tickets.models import AgentRun, Handoff, Message, Ticket
from tickets.services import ownership, runs
from tickets.services.messages import begin_episode, lock_ticket, post_event


@transaction.atomic
def take_over(*, ticket_id: int, user_id: int) -> Ticket:
    """Give the ticket to a member of staff; the AI agent stops at once and its unsent text is dropped."""
    ticket = lock_ticket(ticket_id)
    user = User.objects.get(pk=user_id)
    already = ticket.is_with_person and ticket.assignee_id == user.pk
    ticket.assignee = user
    ownership.give_to_person(ticket, user_id=user.pk)
    if not already:
        post_event(
            ticket_id=ticket.pk,
            key=f"joined:{user.pk}:{ticket.last_sequence}",
            text=f"{user.get_short_name()} joined. The AI agent stopped.",
        )
    return lock_ticket(ticket_id)


@transaction.atomic
def return_to_ai(*, ticket_id: int, user_id: int) -> Ticket:
    """Give the ticket back to the AI agent: a new episode, with a run when the customer waits for an answer.

    A ticket that the AI agent has already stays as it is.

    Raises:
        TicketAlreadyResolvedError: there is nothing to return.
    """
    ticket = lock_ticket(ticket_id)
    if ticket.is_resolved:
        raise TicketAlreadyResolvedError("This ticket is resolved; there is nothing to return.", ticket=ticket.pk)
    if not ticket.is_with_person:
        return ticket
    ownership.close_handoffs(ticket, Handoff.State.RETURNED)
    begin_episode(ticket)
    ticket.assignee = None
    ticket.save(update_fields=["assignee"])
    user = User.objects.get(pk=user_id)
    post_event(
        ticket_id=ticket.pk,
        key=f"returned:{ticket.episode}",
        text=f"{user.get_short_name()} returned the conversation to the AI agent.",
    )
    ticket = lock_ticket(ticket_id)
    last = ticket.messages.filter(kind=Message.Kind.PUBLIC).order_by("-sequence").first()
    if last and last.author == Message.Author.CUSTOMER:
        Message.objects.filter(pk=last.pk).update(episode=ticket.episode)
        runs.queue_run(ticket)
    publish(TicketChanged(ticket_id=ticket.pk))
    return ticket


@transaction.atomic
def assign(*, ticket_id: int, user_id: int | None, actor: Actor) -> Ticket:
    """Give the ticket to a member of staff, or to nobody; who answers does not change by it."""
    del actor  # recorded by the history that issue 9 adds; part of the signature from the start
    ticket = lock_ticket(ticket_id)
    ticket.assignee_id = user_id
    ticket.save(update_fields=["assignee"])
    publish(TicketChanged(ticket_id=ticket.pk))
    return ticket


@transaction.atomic
def classify(*, ticket_id: int, intent: str, team_id: int | None, priority: str) -> Ticket:
    """Note what the ticket is about; a team that somebody chose before stays when the intent names none."""
    ticket = lock_ticket(ticket_id)
    ticket.intent = intent
    ticket.team_id = team_id or ticket.team_id
    ticket.priority = priority or ticket.priority
    ticket.save(update_fields=["intent", "team", "priority"])
    publish(TicketChanged(ticket_id=ticket.pk))
    return ticket


@transaction.atomic
def resolve_ticket(*, ticket_id: int, actor: Actor, ledger: str = "") -> Ticket:
    """Close a ticket and announce `TicketResolved` after commit; what the AI agent does on it stops.

    Raises:
        TicketAlreadyResolvedError: it was closed before; nothing was changed.
    """
    ticket = lock_ticket(ticket_id)
    if ticket.is_resolved:
        raise TicketAlreadyResolvedError("This ticket is already resolved.", ticket=ticket.pk)
    ticket.status, ticket.resolved_at = Ticket.Status.RESOLVED, clock.now()
    ticket.resolved_by, ticket.ledger = actor.kind, ledger
    ticket.save(update_fields=["status", "resolved_at", "resolved_by", "ledger"])
    ownership.close_handoffs(ticket, Handoff.State.CLOSED)
    if actor.kind == "staff":
        ownership.cancel_runs(ticket)
    publish(TicketChanged(ticket_id=ticket.pk))
    publish(TicketResolved(ticket_id=ticket.pk, episode=ticket.episode, actor_kind=actor.kind, ledger=ledger))
    return ticket


@transaction.atomic
def reopen(*, ticket_id: int, actor: Actor) -> Ticket:
    """Open a resolved ticket again in its episode, with whoever had it.

    Raises:
        TicketNotResolvedError: it is open.
    """
    ticket = lock_ticket(ticket_id)
    if not ticket.is_resolved:
        raise TicketNotResolvedError("This ticket is open.", ticket=ticket.pk)
    ticket.status = Ticket.Status.OPEN
    ticket.resolved_at, ticket.resolved_by, ticket.ledger = None, "", ""
    if actor.kind == "staff":
        ticket.handler = Ticket.Handler.PERSON
    ticket.save(update_fields=["status", "resolved_at", "resolved_by", "ledger", "handler"])
    publish(TicketChanged(ticket_id=ticket.pk))
    publish(TicketReopened(ticket_id=ticket.pk, episode=ticket.episode))
    return ticket


def resolve_silent(*, silence: timedelta, limit: int = 200) -> int:
    """Resolve, as assumed, tickets whose last word was a self-contained answer of the AI agent, then silence.

    Returns how many were resolved.
    """
    last_run = AgentRun.objects.filter(ticket=OuterRef("pk"), episode=OuterRef("episode")).order_by("-pk")
    # By the run too: those that stay pending, because the AI agent asked, would take every place of the batch.
    waiting = (
        Ticket.objects.alias(run_state=Subquery(last_run.values("state")[:1]))
        .filter(
            status=Ticket.Status.PENDING,
            handler=Ticket.Handler.AI_AGENT,
            last_message_at__lt=clock.now() - silence,
            run_state=AgentRun.State.COMPLETED,
        )
        .values_list("pk", flat=True)[:limit]
    )
    return sum(_resolve_if_answered(ticket_id) for ticket_id in list(waiting))


@transaction.atomic
def _resolve_if_answered(ticket_id: int) -> bool:
    ticket = lock_ticket(ticket_id)
    run = ticket.runs.filter(episode=ticket.episode).order_by("-pk").first()
    is_answered = run is not None and run.state == AgentRun.State.COMPLETED
    if ticket.status != Ticket.Status.PENDING or ticket.is_with_person or not is_answered:
        return False
    resolve_ticket(ticket_id=ticket.pk, actor=SYSTEM, ledger=Ticket.Ledger.ASSUMED)
    return True
