"""Who answers a ticket: giving it to a person stops the AI agent at once."""

from accounts.models import User
from supportai.core import clock
from supportai.core.events import publish
from tickets.events import RunProgressed, TicketChanged
from tickets.models import AgentRun, Handoff, Ticket


def give_to_person(ticket: Ticket, *, user_id: int | None) -> bool:
    """Make a person the handler; runs are cancelled, an open handoff is accepted. The ticket is locked.

    Returns whether the AI agent had it before.
    """
    had_agent = ticket.handler == Ticket.Handler.AI_AGENT
    ticket.handler = Ticket.Handler.PERSON
    if user_id is not None and ticket.assignee_id is None:
        ticket.assignee_id = user_id
    ticket.save(update_fields=["handler", "assignee"])
    cancel_runs(ticket)
    if user_id is not None:
        _accept_handoffs(ticket, User.objects.get(pk=user_id))
    publish(TicketChanged(ticket_id=ticket.pk))
    return had_agent


def cancel_runs(ticket: Ticket) -> None:
    """Stop what the AI agent does on a ticket; a write already sent is finished and recorded by its execution."""
    waiting = (
        *AgentRun.ACTIVE,
        AgentRun.State.WAITING_CUSTOMER,
        AgentRun.State.WAITING_APPROVAL,
        AgentRun.State.WAITING_EXTERNAL,
    )
    for run in ticket.runs.filter(state__in=waiting):
        run.state = AgentRun.State.CANCELLED
        run.finished_at = clock.now()
        run.save(update_fields=["state", "finished_at"])
        publish(RunProgressed(ticket_id=ticket.pk, run_id=run.pk))


def close_handoffs(ticket: Ticket, state: Handoff.State) -> None:
    """End the ticket's open handoff in a state such as closed or returned."""
    ticket.handoffs.filter(state__in=Handoff.OPEN).update(state=state, updated_at=clock.now())


def _accept_handoffs(ticket: Ticket, user: User) -> None:
    ticket.handoffs.filter(state__in=(Handoff.State.REQUESTED, Handoff.State.QUEUED)).update(
        state=Handoff.State.ACCEPTED, accepted_by=user, accepted_at=clock.now(), updated_at=clock.now()
    )
