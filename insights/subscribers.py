"""Reactions of insights to what happens."""

from insights.services import outcomes
from supportai.core.events import subscribe
from tickets import events


@subscribe(events.TicketResolved)
def keep_ending(event: events.TicketResolved) -> None:
    """Keep how the episode ended, since a return wipes it from the ticket."""
    outcomes.record_ending(
        ticket_id=event.ticket_id, episode=event.episode, actor_kind=event.actor_kind, ledger=event.ledger
    )


@subscribe(events.TicketReopened)
def keep_return(event: events.TicketReopened) -> None:
    """Note that the ending before does not stand any more."""
    outcomes.record_reopening(ticket_id=event.ticket_id, episode=event.episode)
