"""Write down to the knowledge app how the conversations went in which the AI agent quoted articles."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Min

from insights.models import Outcome
from insights.rules import RETURN_WINDOW
from knowledge.models import AnswerUse
from knowledge.services import answer_uses
from knowledge.services.answer_uses import Use
from supportai.core import clock
from supportai.core.redaction import redact
from tickets.models import Citation, Csat, Handoff, Message, Ticket

Ending = AnswerUse.Ending
ENDINGS = {
    Outcome.Ending.VERIFIED: Ending.VERIFIED,
    Outcome.Ending.CONFIRMED: Ending.CONFIRMED,
    Outcome.Ending.ASSUMED: Ending.ASSUMED,
    Outcome.Ending.PEOPLE: Ending.HANDED_OFF,
    Outcome.Ending.ABANDONED: Ending.ABANDONED,
}
# What the day's round looks back on, and the very first one.
DAILY, FIRST = timedelta(days=3), timedelta(days=120)
MOST_TICKETS = 20_000


def record_uses(ticket_id: int) -> int:
    """Store how each episode of a ticket went for the articles quoted in it; returns how many episodes had some.

    Doing it again stores the same: what happened since, such as a return or a rating, is taken in.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        return 0
    quoted = _quoted(ticket)
    ratings = dict(Csat.objects.filter(ticket=ticket).values_list("episode", "score"))
    for episode, (revision_ids, answered_at) in quoted.items():
        answer_uses.put(
            Use(
                origin=f"ticket:{ticket.public_id}:{episode}",
                subject=redact(ticket.subject),
                revision_ids=revision_ids,
                ending=_ending(ticket, episode),
                rating=ratings.get(episode),
                answered_at=answered_at,
            )
        )
    return len(quoted)


def due_tickets() -> list[int]:
    """Give tickets whose answers of the last days quoted articles; of the last months as long as no use is stored."""
    back = DAILY if AnswerUse.objects.exists() else FIRST
    recent = Citation.objects.filter(revision__isnull=False, created_at__gte=clock.now() - back)
    return list(recent.order_by("message__ticket").values_list("message__ticket", flat=True).distinct()[:MOST_TICKETS])


def _quoted(ticket: Ticket) -> dict[int, tuple[list[int], datetime]]:
    """Give, by episode, the revisions that the AI agent quoted to the customer and when it first did."""
    said = Message.objects.filter(
        ticket=ticket, author=Message.Author.AI_AGENT, kind=Message.Kind.PUBLIC, citations__revision__isnull=False
    )
    revisions: dict[int, set[int]] = defaultdict(set)
    for episode, revision_id in said.values_list("episode", "citations__revision"):
        if revision_id is not None:
            revisions[episode].add(revision_id)
    first = dict(said.order_by().values_list("episode").annotate(at=Min("created_at")))
    return {episode: (sorted(ids), first[episode]) for episode, ids in revisions.items()}


def _ending(ticket: Ticket, episode: int) -> AnswerUse.Ending:
    """Say how an episode went: a return within the window undoes its ending, a person's word makes it theirs."""
    outcome = Outcome.objects.filter(ticket=ticket, episode=episode).first()
    if outcome and outcome.returned_at and outcome.returned_at - outcome.ended_at <= RETURN_WINDOW:
        return Ending.RETURNED
    if Handoff.objects.filter(ticket=ticket, episode=episode).exists():
        return Ending.HANDED_OFF
    if outcome:
        return ENDINGS[Outcome.Ending(outcome.ending)]
    return Ending.OPEN
