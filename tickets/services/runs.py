"""Runs: queue one a customer turn, claim it under a lease, finish it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection, transaction
from django.db.models import F, Max, Q, Sum
from django.db.models.functions import Now

from integrations.models import ActionExecution
from supportai.core import clock
from supportai.core.events import publish
from tickets.errors import LeaseLostError
from tickets.events import RunProgressed, RunQueued
from tickets.models import AgentRun, AgentStep, Message, Ticket

log = structlog.get_logger(__name__)

# A lease is renewed this often in its time, so that one renewal may fail.
RENEWALS = 3


def queue_run(ticket: Ticket) -> AgentRun:
    """Queue a run for the newest customer message, or let the active run take it in; the ticket is locked.

    A message that arrives while a run is working is found by that run before it finishes (`has_newer_message`). So is
    one that arrives while a run that has begun is queued again: its turn was read already.
    """
    active = ticket.runs.filter(state__in=AgentRun.ACTIVE).first()
    if active:
        # By condition, because a worker may be claiming it at this moment.
        fresh = AgentRun.objects.filter(pk=active.pk, state=AgentRun.State.QUEUED, attempts=0)
        if fresh.update(input_sequence=ticket.last_sequence, updated_at=clock.now()):
            publish(RunQueued(run_id=active.pk))
        return active
    _end_waiting(ticket)
    run = AgentRun.objects.create(ticket=ticket, episode=ticket.episode, input_sequence=ticket.last_sequence)
    publish(RunQueued(run_id=run.pk))
    return run


def claim_run(*, run_id: int, owner: str) -> AgentRun | None:
    """Take a queued run, or one whose lease ended; None when another worker has it or it is over.

    One UPDATE by the database's own time, so that two workers cannot both win.
    """
    free = Q(state=AgentRun.State.QUEUED) | Q(state=AgentRun.State.RUNNING, lease_until__lt=Now())
    won = AgentRun.objects.filter(free, pk=run_id).update(
        state=AgentRun.State.RUNNING,
        lease_owner=owner,
        lease_until=_lease_end(),
        attempts=F("attempts") + 1,
        started_at=clock.now(),
    )
    return (
        AgentRun.objects.select_related("ticket__contact__organization", "ticket__brand").get(pk=run_id)
        if won
        else None
    )


def keep_lease(run: AgentRun) -> bool:
    """Extend the lease; False when the run was cancelled or another worker has it, so the caller must stop."""
    return bool(
        AgentRun.objects.filter(pk=run.pk, state=AgentRun.State.RUNNING, lease_owner=run.lease_owner).update(
            lease_until=_lease_end()
        )
    )


@contextmanager
def lease_kept(run: AgentRun) -> Iterator[None]:
    """Renew the lease in the background while something slow is done, such as a call of a model.

    Raises:
        LeaseLostError: at the end, when the run was cancelled or another worker took it meanwhile.
    """
    done, lost = threading.Event(), threading.Event()
    keeper = threading.Thread(target=_renew, args=(run, done, lost), name=f"lease-{run.pk}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
    if lost.is_set():
        raise LeaseLostError


def _renew(run: AgentRun, done: threading.Event, lost: threading.Event) -> None:
    """Renew until `done`; a thread has a database connection of its own, opened at the first renewal."""
    try:
        while not done.wait(settings.LEASE_SECONDS / RENEWALS):
            try:
                is_ours = keep_lease(run)
            except DatabaseFault as exc:
                # The next renewal may work, and whoever writes a step asks again whose the run is.
                log.warning("run.lease_not_renewed", run_id=run.pk, error=str(exc))
                connection.close()
                continue
            if not is_ours:
                lost.set()
                return
    finally:
        connection.close()


@transaction.atomic
def finish_run(run: AgentRun, state: AgentRun.State, *, error: str = "") -> bool:
    """End a run, and queue the next one when the customer wrote meanwhile; False when it was not ours any more."""
    ticket = Ticket.objects.select_for_update(of=("self",), no_key=True).get(pk=run.ticket_id)
    spent = run.steps.aggregate(tokens=Sum("tokens"), cost=Sum("cost_microdollars"))
    ended = AgentRun.objects.filter(pk=run.pk, state=AgentRun.State.RUNNING, lease_owner=run.lease_owner).update(
        state=state,
        finished_at=clock.now(),
        lease_until=None,
        error=error[:500],
        confidence=run.confidence,
        intent=run.intent,
        procedure=run.procedure,
        policy=run.policy,
        versions=run.versions,
        tokens=spent["tokens"] or 0,
        cost_microdollars=spent["cost"] or 0,
        updated_at=clock.now(),
    )
    if not ended:
        return False
    run.state = state
    publish(RunProgressed(ticket_id=run.ticket_id, run_id=run.pk))
    if not ticket.is_with_person and not ticket.is_resolved and has_newer_message(run):
        queue_run(ticket)
    return True


def requeue_run(run: AgentRun, *, error: str) -> None:
    """Give a run back after it broke; the sweep takes it up a second later."""
    AgentRun.objects.filter(pk=run.pk, state=AgentRun.State.RUNNING, lease_owner=run.lease_owner).update(
        state=AgentRun.State.QUEUED, lease_until=None, error=error[:500], updated_at=clock.now()
    )


@transaction.atomic
def wake(*, run_public_id: UUID) -> bool:
    """Queue a run that waited for an approval or another system; False when it does not wait."""
    # First the ticket, as everybody who queues a run: else the customer's message of this moment would meet the
    # constraint of one active run, and be refused.
    waiting_ticket = Ticket.objects.filter(runs__public_id=run_public_id).values("pk")[:1]
    Ticket.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=waiting_ticket).first()
    run = AgentRun.objects.select_for_update(of=("self",), no_key=True).filter(public_id=run_public_id).first()
    waiting = (AgentRun.State.WAITING_APPROVAL, AgentRun.State.WAITING_EXTERNAL)
    if run is None or run.state not in waiting:
        return False
    if AgentRun.objects.filter(ticket_id=run.ticket_id, state__in=AgentRun.ACTIVE).exists():
        return False
    run.state = AgentRun.State.QUEUED
    run.save(update_fields=["state"])
    publish(RunQueued(run_id=run.pk))
    return True


def wake_settled() -> int:
    """Wake runs whose call is settled, whoever made that call and whenever they began to wait; returns how many.

    Their last call counts, also when its step is done: a worker that lost its lease may have written that down after
    the one that waits had looked.
    """
    steps = AgentStep.objects.filter(
        run__state__in=(AgentRun.State.WAITING_APPROVAL, AgentRun.State.WAITING_EXTERNAL),
        kind=AgentStep.Kind.ACT,
        state__in=(AgentStep.State.DECIDED, AgentStep.State.DONE),
    )
    last = {step.run_id: step for step in steps.select_related("run").order_by("index")}
    runs = {str(step.output.get("execution", "")): step.run.public_id for step in last.values()}
    over = (*ActionExecution.OVER, ActionExecution.State.UNKNOWN)
    settled = ActionExecution.objects.filter(public_id__in=[key for key in runs if key], state__in=over)
    return sum(wake(run_public_id=runs[str(key)]) for key in settled.values_list("public_id", flat=True))


def has_newer_message(run: AgentRun) -> bool:
    """Tell whether the customer wrote something that neither this run nor a later one has read."""
    later = AgentRun.objects.filter(ticket_id=run.ticket_id, pk__gt=run.pk).aggregate(read=Max("input_sequence"))
    read = max(run.input_sequence, later["read"] or 0)
    unread = Message.objects.filter(ticket_id=run.ticket_id, author=Message.Author.CUSTOMER, sequence__gt=read)
    return unread.exists()


def is_current(run: AgentRun) -> bool:
    """Tell whether the run is still this worker's to go on with; asked again in every transaction that writes."""
    return AgentRun.objects.filter(pk=run.pk, lease_owner=run.lease_owner, state__in=AgentRun.ACTIVE).exists()


def due_runs() -> list[int]:
    """List runs that wait for a worker: queued for over a second, or running with an ended lease."""
    stale = clock.now() - timedelta(seconds=1)
    due = Q(state=AgentRun.State.QUEUED, updated_at__lt=stale) | Q(state=AgentRun.State.RUNNING, lease_until__lt=Now())
    return list(AgentRun.objects.filter(due).order_by("pk").values_list("pk", flat=True)[:200])


def _end_waiting(ticket: Ticket) -> None:
    ticket.runs.filter(state__in=(AgentRun.State.WAITING_CUSTOMER, AgentRun.State.WAITING_EXTERNAL)).update(
        state=AgentRun.State.COMPLETED, updated_at=clock.now()
    )


def _lease_end() -> object:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
