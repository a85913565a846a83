"""Note how episodes end and that customers come back, from what tickets announce."""

from datetime import datetime

from django.db import transaction

from insights.models import Outcome
from supportai.core import clock
from tickets.models import AgentStep, Message, Ticket

THANKS = "thanks"


@transaction.atomic
def record_ending(*, ticket_id: int, episode: int, actor_kind: str, ledger: str) -> Outcome | None:
    """Keep how an episode ended; doing it again changes nothing.

    An episode in which the customer only said thanks is no return: the ending before it stands again, now confirmed.
    Returns None when there is nothing to keep: the ticket is gone, or was opened again within the episode.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None or (ticket.episode == episode and not ticket.is_resolved):
        return None
    before = ticket.outcomes.filter(episode__lt=episode).order_by("-episode").first()
    if before and _is_only_thanks(ticket_id, episode):
        return _confirm(before)
    outcome, _ = Outcome.objects.get_or_create(
        ticket=ticket,
        episode=episode,
        defaults={
            "ending": _ending(ticket_id, episode, actor_kind=actor_kind, ledger=ledger),
            **_times(ticket, episode),
        },
    )
    return outcome


@transaction.atomic
def record_reopening(*, ticket_id: int, episode: int) -> None:
    """Mark the endings that a later episode undid, and forget one that staff took back within its episode."""
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        return
    for outcome in ticket.outcomes.filter(episode__lt=episode, returned_at=None):
        outcome.returned_at = max(_returned_at(ticket, after=outcome.episode), outcome.ended_at)
        outcome.save(update_fields=["returned_at"])
    is_open = ticket.episode == episode and not ticket.is_resolved
    if is_open:
        ticket.outcomes.filter(episode=episode).delete()


def _times(ticket: Ticket, episode: int) -> dict[str, datetime | None]:
    """Give when an episode ended and, when the news of its end came late, when the customer returned."""
    if ticket.episode == episode:
        return {"ended_at": ticket.resolved_at, "returned_at": None}
    returned_at = _returned_at(ticket, after=episode)
    said = ticket.messages.filter(episode=episode).order_by("-sequence").values_list("created_at", flat=True).first()
    return {"ended_at": min(said or returned_at, returned_at), "returned_at": returned_at}


def _ending(ticket_id: int, episode: int, *, actor_kind: str, ledger: str) -> Outcome.Ending:
    """Say whose ending it is: a person's as soon as one closed it or had written to the customer."""
    if ledger == Ticket.Ledger.ABANDONED:
        return Outcome.Ending.ABANDONED
    wrote = Message.objects.filter(
        ticket=ticket_id, episode__lte=episode, author=Message.Author.AGENT, kind=Message.Kind.PUBLIC
    )
    if not ledger or actor_kind == "staff" or wrote.exists():
        return Outcome.Ending.PEOPLE
    return Outcome.Ending(ledger)


def _is_only_thanks(ticket_id: int, episode: int) -> bool:
    read = AgentStep.objects.filter(
        run__ticket=ticket_id, run__episode=episode, kind=AgentStep.Kind.UNDERSTAND
    ).values_list("input__act", flat=True)
    return set(read) == {THANKS}


def _confirm(outcome: Outcome) -> Outcome:
    outcome.returned_at = None
    if outcome.ending == Outcome.Ending.ASSUMED:
        outcome.ending = Outcome.Ending.CONFIRMED
    outcome.save(update_fields=["returned_at", "ending"])
    return outcome


def _returned_at(ticket: Ticket, *, after: int) -> datetime:
    """Give the time of the customer's first message after an episode; now, while there is none."""
    wrote = ticket.messages.filter(author=Message.Author.CUSTOMER, episode__gt=after).order_by("sequence")
    return wrote.values_list("created_at", flat=True).first() or clock.now()
