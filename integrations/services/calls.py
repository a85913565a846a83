"""Make stored calls: one worker at a time, outside any transaction; what is unknown is looked up before a repeat."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from integrations.actions import ActionSpec, Connector, Risk, connector_for, find_action
from integrations.errors import ActionRefusedError, ConnectorError, NotUndoableError
from integrations.events import ExecutionFinished
from integrations.models import ActionExecution
from integrations.services.rules import AllowedCall, check_rules, parse_arguments
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.crashpoints import crashpoint
from supportai.core.events import publish
from supportai.core.models import JSONDict

log = structlog.get_logger(__name__)

State = ActionExecution.State
MAX_ATTEMPTS = 3
# What is still unknown after this time waits for a person.
LOOK_UP_FOR = timedelta(days=1)
UNFINISHED = (State.SENT, State.APPROVED, State.UNKNOWN)
IS_FREE = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())


def resume_executions() -> int:
    """Settle calls whose worker died or whose outcome is unknown; returns how many were looked at."""
    young = Q(created_at__gt=clock.now() - LOOK_UP_FOR)
    due = ActionExecution.objects.filter(
        Q(state__in=(State.SENT, State.APPROVED)) & IS_FREE | Q(state=State.UNKNOWN, lease_until__lt=Now()) & young
    )
    pks = list(due.order_by("pk").values_list("pk", flat=True)[:50])
    for pk in pks:
        try:
            _resume(pk)
        except Exception:  # one broken call must not keep the others waiting
            log.exception("execution.resume_failed", execution=pk)
    return len(pks)


def run_approved(execution_id: int) -> ActionExecution:
    """Make the frozen call of an approved execution; the rules are checked again first. Safe to run twice."""
    execution = _fresh(execution_id)
    return settle(execution) if execution.state == State.APPROVED else execution


def settle(execution: ActionExecution) -> ActionExecution:
    """Find out what an unfinished call did, and make it only when it did nothing and the rules still allow it."""
    if not _claim(execution):
        return _fresh(execution.pk)
    spec, connector = find_action(execution.action), connector_for(execution.installation)
    if spec is None:
        return record(execution, State.UNKNOWN, error=f"There is no action {execution.action} any more.")
    try:
        done = _look_up(execution, spec, connector) if execution.attempts else None
    except ConnectorError as exc:
        return record(execution, State.UNKNOWN, error=str(exc))
    if done is not None:
        return record(execution, State.SUCCEEDED, result=done)
    if execution.attempts >= MAX_ATTEMPTS:
        return record(execution, State.FAILED, error="It did nothing, and was tried often enough.")
    try:
        allowed = _check_again(execution, spec)
    except ActionRefusedError as exc:
        return record(execution, State.FAILED, error=exc.message)
    return make_call(execution, allowed)


def make_call(execution: ActionExecution, allowed: AllowedCall) -> ActionExecution:
    """Make the call of an execution that this worker holds, and record what came of it."""
    execution.attempts, execution.sent_at = execution.attempts + 1, clock.now()
    execution.save(update_fields=["attempts", "sent_at"])
    crashpoint("act.sent")
    try:
        result = allowed.spec.run(
            allowed.connector,
            allowed.params,
            identity=allowed.identity,
            idempotency_key=str(execution.idempotency_key),
        )
    except ConnectorError as exc:
        return _after_failure(execution, allowed.spec, allowed.connector, exc)
    except Exception as exc:  # a fault of the connector says nothing about what the other side did
        log.exception("execution.crashed", action=execution.action)
        failure = ConnectorError(f"{type(exc).__name__} in the connector.", is_unknown=True)
        return _after_failure(execution, allowed.spec, allowed.connector, failure)
    crashpoint("act.called")
    return record(execution, State.SUCCEEDED, result=result)


def compensate(*, execution_id: int, actor: Actor) -> ActionExecution:
    """Undo a succeeded action inside its window, unless what it changed was changed again since.

    Raises:
        NotUndoableError: it is irreversible, did not succeed, the window is over, or the other system refused.
    """
    execution = _fresh(execution_id)
    spec = find_action(execution.action)
    if spec is None or spec.undo is None or execution.state != State.SUCCEEDED or not execution.installation.may_act:
        raise NotUndoableError("This action cannot be undone.")
    if execution.finished_at and clock.now() > execution.finished_at + spec.undo_window:
        raise NotUndoableError("The time in which this can be undone is over.")
    if not _lease(execution, state=State.SUCCEEDED):
        raise NotUndoableError("Somebody is undoing this right now.")
    try:
        spec.undo(connector_for(execution.installation), execution)
    except ConnectorError as exc:
        ActionExecution.objects.filter(pk=execution.pk).update(lease_until=None)
        raise NotUndoableError(f"This could not be undone: {exc}") from exc
    log.info("execution.compensated", action=execution.action, actor=actor.kind, actor_id=actor.id)
    undone_by = {"kind": actor.kind, "id": actor.id}
    return record(execution, State.COMPENSATED, result={**execution.result, "undone_by": undone_by})


@transaction.atomic
def record(
    execution: ActionExecution, state: State, *, result: JSONDict | None = None, error: str = ""
) -> ActionExecution:
    """Store and announce what became of a call; a success that another worker stored meanwhile stands."""
    stored = ActionExecution.objects.select_for_update(of=("self",), no_key=True).get(pk=execution.pk)
    if stored.state in {State.SUCCEEDED, State.COMPENSATED} and state != State.COMPENSATED:
        return _fresh(execution.pk)
    is_news = state != State.UNKNOWN or stored.error != error[:500]
    execution.state, execution.error, execution.finished_at = state, error[:500], clock.now()
    execution.result = execution.result if result is None else result
    # What is unknown is looked up by the sweep when this lease is over.
    execution.lease_until = lease_end() if state == State.UNKNOWN else None
    execution.save(update_fields=["state", "error", "result", "finished_at", "lease_until"])
    if is_news and execution.risk != Risk.READ:
        publish(ExecutionFinished(execution_id=execution.pk, caller=execution.caller, state=state))
    return _fresh(execution.pk)


def lease_end() -> Any:
    """Give the database's time at which another worker may take a call over."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)


def _resume(execution_id: int) -> None:
    execution = settle(_fresh(execution_id))
    if execution.risk == Risk.READ and execution.is_over:
        # Its caller may wait for it; a look-up that ends where it began is not announced.
        publish(ExecutionFinished(execution_id=execution.pk, caller=execution.caller, state=execution.state))


def _fresh(execution_id: int) -> ActionExecution:
    return ActionExecution.objects.select_related("installation", "contact__organization").get(pk=execution_id)


def _claim(execution: ActionExecution) -> bool:
    """Take an unfinished call for this worker; False when another one is working on it."""
    free = IS_FREE | Q(state=State.UNKNOWN)
    won = ActionExecution.objects.filter(free, pk=execution.pk, state__in=UNFINISHED).update(
        state=State.SENT, lease_until=lease_end()
    )
    if won:
        execution.refresh_from_db()
    return bool(won)


def _lease(execution: ActionExecution, *, state: State) -> bool:
    return bool(ActionExecution.objects.filter(IS_FREE, pk=execution.pk, state=state).update(lease_until=lease_end()))


def _check_again(execution: ActionExecution, spec: ActionSpec) -> AllowedCall:
    return check_rules(
        spec=spec,
        installation=execution.installation,
        contact=execution.contact,
        level=execution.identity_level,
        params=parse_arguments(spec, execution.arguments),
    )


def _look_up(execution: ActionExecution, spec: ActionSpec, connector: Connector) -> JSONDict | None:
    """Give what the call returned; None when it did nothing, or only read.

    Raises:
        ConnectorError: it cannot be found out, now or at all.
    """
    if spec.risk == Risk.READ:
        return None
    if spec.reconcile is None:
        raise ConnectorError("It may have been done, and only a person can find out.")
    return spec.reconcile(connector, str(execution.idempotency_key))


def _after_failure(
    execution: ActionExecution, spec: ActionSpec, connector: Connector, exc: ConnectorError
) -> ActionExecution:
    """Record a failure; when the call may have had its effect, look it up before anybody tries again."""
    if not exc.is_unknown:
        return record(execution, State.FAILED, error=str(exc))
    try:
        done = _look_up(execution, spec, connector)
    except ConnectorError:
        return record(execution, State.UNKNOWN, error=str(exc))
    if done is not None:
        return record(execution, State.SUCCEEDED, result=done)
    return record(execution, State.FAILED, error=str(exc))
