"""Facts that tickets announce."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted:
    """A message was stored; `author` as in `Message.Author`, `kind` as in `Message.Kind`."""

    ticket_id: int
    message_id: int
    author: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQueued:
    """A run waits for a worker."""

    run_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgressed:
    """A step was journalled or a run changed state; staff who look at the ticket see it."""

    ticket_id: int
    run_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketChanged:
    """Status, owner, team or priority changed."""

    ticket_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketResolved:
    """A ticket was closed; `ledger` may be empty when a person closed it."""

    ticket_id: int
    episode: int
    actor_kind: str
    ledger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReopened:
    """A customer came back, a person returned the ticket to the AI agent, or a resolution was undone in its episode."""

    ticket_id: int
    episode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffRequested:
    """The AI agent passed a ticket to people."""

    ticket_id: int
    handoff_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRated:
    """A customer rated an episode, or changed the rating; 1 (bad) to 5 (good)."""

    ticket_id: int
    episode: int
    score: int
