"""Reactions of insights to what happens."""

from insights import tasks
from insights.services import outcomes
from supportai.core.events import subscribe
from supportai.core.sweeps import sweep
from tickets import events

sweep(tasks.make_up_for_lost_uses)


@subscribe(events.TicketResolved)
def keep_ending(event: events.TicketResolved) -> None:
    """Keep how the episode ended, since a return wipes it from the ticket."""
    outcomes.record_ending(
        ticket_id=event.ticket_id, episode=event.episode, actor_kind=event.actor_kind, ledger=event.ledger
    )
    tasks.record_article_uses([event.ticket_id])


@subscribe(events.TicketReopened)
def keep_return(event: events.TicketReopened) -> None:
    """Note that the ending before does not stand any more."""
    outcomes.record_reopening(ticket_id=event.ticket_id, episode=event.episode)
    tasks.record_article_uses([event.ticket_id])


@subscribe(events.HandoffRequested)
def keep_handoff(event: events.HandoffRequested) -> None:
    """Let a worker note that the answers before did not do."""
    tasks.record_article_uses([event.ticket_id])


@subscribe(events.TicketRated)
def keep_rating(event: events.TicketRated) -> None:
    """Let a worker note the rating at what was quoted."""
    tasks.record_article_uses([event.ticket_id])
