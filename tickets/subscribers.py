"""Reactions of tickets: enqueue runs, ring the doorbells of widgets and staff pages, learn from resolutions."""

from integrations.events import ExecutionFinished
from supportai.core.events import subscribe
from supportai.core.frames import INBOX_GROUP, contact_group, send_frame, ticket_group
from supportai.core.sweeps import sweep
from tickets import events, selectors, tasks
from tickets.models import Message, Ticket
from tickets.services import attachments, runs

sweep(tasks.enqueue_due_runs)
sweep(runs.wake_settled)
sweep(tasks.resolve_silent_tickets)
sweep(attachments.delete_unsent)


@subscribe(events.RunQueued)
def start_run(event: events.RunQueued) -> None:
    """Wake a worker."""
    tasks.work_on_run(event.run_id)


@subscribe(events.MessagePosted)
def show_message(event: events.MessagePosted) -> None:
    """Send the message to the customer's widgets and ring the staff pages that show the ticket."""
    message = Message.objects.select_related("ticket__contact", "user", "run").get(pk=event.message_id)
    ticket = message.ticket
    if message.is_public:
        send_frame(
            contact_group(ticket.contact.public_id),
            {"type": "message", "ticket": ticket.public_id, "message": selectors.message_frame(message)},
        )
    send_frame(
        ticket_group(ticket.public_id),
        {"type": "message", "ticket": ticket.public_id, "sequence": message.sequence},
    )
    send_frame(INBOX_GROUP, {"type": "row", "ticket": ticket.public_id})


@subscribe(events.TicketChanged)
def show_ticket(event: events.TicketChanged) -> None:
    """Tell widgets and staff pages that status or owner changed."""
    ticket = Ticket.objects.select_related("contact", "assignee", "team").get(pk=event.ticket_id)
    send_frame(contact_group(ticket.contact.public_id), {"type": "ticket", "ticket": selectors.ticket_frame(ticket)})
    send_frame(ticket_group(ticket.public_id), {"type": "ticket", "ticket": ticket.public_id})
    send_frame(INBOX_GROUP, {"type": "row", "ticket": ticket.public_id})


@subscribe(events.RunProgressed)
def show_trace(event: events.RunProgressed) -> None:
    """Ring the staff pages that show the run's steps."""
    public_id = Ticket.objects.values_list("public_id", flat=True).get(pk=event.ticket_id)
    send_frame(ticket_group(public_id), {"type": "trace", "ticket": public_id})


@subscribe(events.TicketResolved)
def learn(event: events.TicketResolved) -> None:
    """Let the learner look at the episode."""
    tasks.learn_from_ticket(event.ticket_id, event.episode)
    tasks.note_gap_of_answer(event.ticket_id, event.episode)


@subscribe(events.HandoffRequested)
def note_gap(event: events.HandoffRequested) -> None:
    """Let a worker see whether an article was missing."""
    tasks.note_gap_of_handoff(event.handoff_id)


@subscribe(ExecutionFinished)
def wake_run(event: ExecutionFinished) -> None:
    """Go on with the runs that waited for this execution, or for any other that is settled."""
    if event.caller.startswith("run:"):
        runs.wake_settled()
