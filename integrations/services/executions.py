"""Run an action once: validate, bind the identity, apply the policy, store, call, record, reconcile."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from pydantic import ValidationError

from accounts.models import Contact, IdentityLevel
from integrations.actions import ActionSpec, BoundIdentity, Connector, Params, Risk, connector_for, find_action
from integrations.errors import ActionRefusedError, ConnectorError, NotUndoableError
from integrations.events import ApprovalRequested, ExecutionFinished
from integrations.models import ActionExecution, ActionPolicy, Approval, Binding
from integrations.services.limits import ApprovalNeed, approval_need, policy_for
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.crashpoints import crashpoint
from supportai.core.events import publish
from supportai.core.ids import stable_id
from supportai.core.models import JSONDict

log = structlog.get_logger(__name__)

State = ActionExecution.State
MAX_ATTEMPTS = 3
APPROVAL_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall:
    """What is asked for. `caller` and `episode` are plain texts of the caller; `confirmation` is the id of the
    question that the customer answered with yes, or empty."""

    capability: str
    arguments: JSONDict
    contact_id: int
    identity_level: str
    episode: str
    caller: str
    actor: Actor
    confirmation: str = ""
    stage_needs_approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A call that passed every check that needs no lock."""

    call: ActionCall
    spec: ActionSpec
    binding: Binding
    policy: ActionPolicy
    connector: Connector
    params: Params
    identity: BoundIdentity


def spec_of(capability: str) -> ActionSpec | None:
    """Give the action that a capability is bound to; None when it is not bound."""
    binding = Binding.objects.filter(capability=capability).first()
    return find_action(binding.action) if binding else None


def execute(call: ActionCall) -> ActionExecution:
    """Run an action at most once for its episode, confirmation and arguments.

    Returns the execution: succeeded, failed, unknown, or planned when people must approve it first. The same call
    again returns the same row. Never called inside a transaction.

    Raises:
        ActionRefusedError: a rule forbids it; `rule` names it, and nothing was called.
    """
    checked = _check(call)
    key = _key(checked)
    existing = ActionExecution.objects.filter(idempotency_key=key).first()
    if existing:
        return _again(existing, checked.spec, checked.connector)
    if checked.spec.needs_confirmation and not call.confirmation:
        raise ActionRefusedError("not_confirmed", "The customer has not said yes to this.")
    execution = _store(checked, key)
    return execution if execution.state == State.PLANNED else _send(execution, checked.spec, checked.connector)


def resume_executions() -> int:
    """Settle calls whose worker died or whose outcome is unknown; returns how many were looked at."""
    due = ActionExecution.objects.filter(
        Q(state__in=(State.SENT, State.APPROVED)) & (Q(lease_until__lt=Now()) | Q(lease_until__isnull=True))
        | Q(state=State.UNKNOWN, lease_until__lt=Now())
    )
    count = 0
    for execution in due.select_related("installation")[:50]:
        spec = find_action(execution.action)
        if spec is not None:
            settle(execution, spec, connector_for(execution.installation))
            count += 1
    return count


def settle(execution: ActionExecution, spec: ActionSpec, connector: Connector) -> ActionExecution:
    """Find out what an unfinished call did, and make it again only when it did nothing."""
    if not _claim(execution):
        return _fresh(execution)
    if execution.attempts == 0:
        return _call(execution, spec, connector)
    try:
        done = spec.reconcile(connector, str(execution.idempotency_key)) if spec.reconcile else None
    except ConnectorError as exc:
        return _record(execution, State.UNKNOWN, error=str(exc))
    if done is not None:
        return _record(execution, State.SUCCEEDED, result=done)
    if execution.attempts >= MAX_ATTEMPTS or (spec.reconcile is None and spec.risk != Risk.READ):
        return _record(execution, State.FAILED, error="It did nothing, and was tried often enough.")
    return _call(execution, spec, connector)


def run_approved(execution_id: int) -> ActionExecution:
    """Make the frozen call of an approved execution, after checking again that the contact may still touch the object."""
    execution = ActionExecution.objects.select_related("installation", "contact__organization").get(pk=execution_id)
    spec = find_action(execution.action)
    if execution.state != State.APPROVED or spec is None:
        return execution
    connector = connector_for(execution.installation)
    try:
        if not execution.installation.can_act or policy_for(execution.capability).mode == ActionPolicy.Mode.DENY:
            raise ActionRefusedError("action_off", "This action is switched off.")
        if spec.owner:
            spec.owner(connector, spec.params(**execution.arguments), _identity(execution.contact))
    except (ActionRefusedError, ValidationError) as exc:
        return _record(execution, State.FAILED, error=str(exc))
    return settle(execution, spec, connector)


def compensate(*, execution_id: int, actor: Actor) -> ActionExecution:
    """Undo a succeeded action inside its window.

    Raises:
        NotUndoableError: it is irreversible, did not succeed, or the window is over.
    """
    execution = ActionExecution.objects.select_related("installation").get(pk=execution_id)
    spec = find_action(execution.action)
    if spec is None or spec.undo is None or execution.state != State.SUCCEEDED:
        raise NotUndoableError("This action cannot be undone.")
    if execution.finished_at and clock.now() > execution.finished_at + spec.undo_window:
        raise NotUndoableError("The time in which this can be undone is over.")
    spec.undo(connector_for(execution.installation), execution)
    log.info("execution.compensated", action=execution.action, actor=actor.kind)
    return _record(execution, State.COMPENSATED, result=execution.result)


def _check(call: ActionCall) -> _Checked:
    binding = Binding.objects.select_related("installation").filter(capability=call.capability).first()
    spec = find_action(binding.action) if binding else None
    if binding is None or spec is None:
        raise ActionRefusedError("unknown_capability", f"Nothing is bound to {call.capability}.")
    params = _params(spec, call.arguments)
    policy = policy_for(call.capability)
    if policy.mode == ActionPolicy.Mode.DENY or not binding.installation.can_act:
        raise ActionRefusedError("action_off", "This action is switched off.")
    contact = Contact.objects.select_related("organization").get(pk=call.contact_id)
    level = IdentityLevel(call.identity_level or IdentityLevel.ANONYMOUS)
    if not contact.is_verified or not level.covers(IdentityLevel(policy.identity_level)):
        raise ActionRefusedError("identity_too_low", "The customer's identity is not verified well enough.")
    connector, identity = connector_for(binding.installation), _identity(contact)
    if spec.owner:
        try:
            spec.owner(connector, params, identity)
        except ConnectorError as exc:
            raise ActionRefusedError("owner_unknown", f"Could not find out whose it is: {exc}") from exc
    return _Checked(
        call=call, spec=spec, binding=binding, policy=policy, connector=connector, params=params, identity=identity
    )


def _params(spec: ActionSpec, arguments: JSONDict) -> Params:
    try:
        return spec.params(**arguments)
    except (ValidationError, TypeError) as exc:
        problems = (
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors())
            if isinstance(exc, ValidationError)
            else str(exc)
        )
        raise ActionRefusedError("invalid_arguments", f"Arguments of {spec.name}: {problems}") from exc


def _identity(contact: Contact) -> BoundIdentity:
    """Bind who asks; an address that is only claimed is no identity."""
    return BoundIdentity(
        contact_id=contact.pk,
        email=contact.email.lower() if contact.is_verified else "",
        name=contact.name,
        organization=contact.organization.name if contact.organization and contact.is_verified else "",
    )


def _key(checked: _Checked) -> Any:
    arguments = json.dumps(checked.params.model_dump(mode="json"), sort_keys=True)
    return stable_id(checked.call.episode, checked.call.confirmation, checked.spec.name, arguments)


@transaction.atomic
def _store(checked: _Checked, key: Any) -> ActionExecution:
    """Store the call before it leaves; two equal calls at once store one row."""
    call, spec = checked.call, checked.spec
    Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=call.contact_id)
    existing = ActionExecution.objects.filter(idempotency_key=key).first()
    if existing:
        return existing
    amount = spec.amount(checked.connector, checked.params) if spec.amount else None
    need = approval_need(spec, checked.policy, amount, contact_id=call.contact_id) or _other_need(checked)
    execution = ActionExecution.objects.create(
        idempotency_key=key,
        capability=call.capability,
        action=spec.name,
        risk=spec.risk,
        installation=checked.binding.installation,
        contact_id=call.contact_id,
        identity_level=call.identity_level,
        caller=call.caller,
        episode=call.episode,
        confirmation=call.confirmation,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        arguments=checked.params.model_dump(mode="json"),
        amount_cents=amount.cents if amount else None,
        currency=amount.currency if amount else "",
        state=State.PLANNED if need else State.SENT,
    )
    if need:
        _ask_people(execution, need)
    return execution


def _other_need(checked: _Checked) -> ApprovalNeed | None:
    if checked.call.stage_needs_approval and checked.spec.risk != Risk.READ:
        return ApprovalNeed(reason="This intent is at the stage approval.")
    if checked.spec.needs_admin:
        reason = checked.spec.needs_admin(checked.connector, checked.params, checked.identity)
        return ApprovalNeed(reason=reason) if reason else None
    return None


def _ask_people(execution: ActionExecution, need: ApprovalNeed) -> None:
    approval = Approval.objects.create(
        execution=execution,
        reason=need.reason,
        needed=need.people,
        expires_at=clock.now() + timedelta(hours=APPROVAL_HOURS),
    )
    publish(ApprovalRequested(approval_id=approval.pk, execution_id=execution.pk))


def _again(execution: ActionExecution, spec: ActionSpec, connector: Connector) -> ActionExecution:
    """Answer a repeated call: what happened stands; a call that surely did nothing may be made again."""
    approval = Approval.objects.filter(execution=execution).first()
    if approval and approval.state in {Approval.State.DENIED, Approval.State.EXPIRED}:
        raise ActionRefusedError("not_approved", "A person decided against it, or nobody decided in time.")
    if execution.state in {State.SENT, State.UNKNOWN, State.APPROVED}:
        return settle(execution, spec, connector)
    if execution.state == State.FAILED and execution.attempts < MAX_ATTEMPTS:
        return _send(execution, spec, connector)
    return execution


def _send(execution: ActionExecution, spec: ActionSpec, connector: Connector) -> ActionExecution:
    if not _claim(execution):
        return _fresh(execution)
    crashpoint("act.sent")
    return _call(execution, spec, connector)


def _claim(execution: ActionExecution) -> bool:
    """Take the execution for this worker by one UPDATE; False when another one is working on it."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now()) | Q(state__in=(State.FAILED, State.UNKNOWN))
    won = ActionExecution.objects.filter(
        free, pk=execution.pk, state__in=(State.SENT, State.APPROVED, State.FAILED, State.UNKNOWN)
    ).update(state=State.SENT, lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS))
    if won:
        execution.refresh_from_db()
    return bool(won)


def _fresh(execution: ActionExecution) -> ActionExecution:
    return ActionExecution.objects.select_related("installation").get(pk=execution.pk)


def _call(execution: ActionExecution, spec: ActionSpec, connector: Connector) -> ActionExecution:
    """Make the call outside any transaction, and record what came of it."""
    execution.attempts += 1
    ActionExecution.objects.filter(pk=execution.pk).update(attempts=execution.attempts, sent_at=clock.now())
    contact = Contact.objects.select_related("organization").get(pk=execution.contact_id)
    try:
        result = spec.run(
            connector,
            spec.params(**execution.arguments),
            identity=_identity(contact),
            idempotency_key=str(execution.idempotency_key),
        )
    except ConnectorError as exc:
        return _after_failure(execution, spec, connector, exc)
    crashpoint("act.called")
    return _record(execution, State.SUCCEEDED, result=result)


def _after_failure(
    execution: ActionExecution, spec: ActionSpec, connector: Connector, exc: ConnectorError
) -> ActionExecution:
    """Record a failure; when the call may have had its effect, look it up before anybody tries again."""
    if not exc.is_unknown or spec.risk == Risk.READ:
        return _record(execution, State.FAILED, error=str(exc))
    try:
        done = spec.reconcile(connector, str(execution.idempotency_key)) if spec.reconcile else None
    except ConnectorError:
        return _record(execution, State.UNKNOWN, error=str(exc))
    if done is not None:
        return _record(execution, State.SUCCEEDED, result=done)
    state = State.FAILED if spec.reconcile else State.UNKNOWN
    return _record(execution, state, error=str(exc))


@transaction.atomic
def _record(
    execution: ActionExecution, state: State, *, result: JSONDict | None = None, error: str = ""
) -> ActionExecution:
    execution.state, execution.error = state, error[:500]
    execution.result = result if result is not None else execution.result
    execution.finished_at = clock.now()
    # An unknown outcome is looked up again by the sweep after a lease's time.
    execution.lease_until = None
    execution.save(update_fields=["state", "error", "result", "finished_at", "lease_until"])
    if state == State.UNKNOWN:
        ActionExecution.objects.filter(pk=execution.pk).update(
            lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS)
        )
    if execution.risk != Risk.READ:
        publish(ExecutionFinished(execution_id=execution.pk, caller=execution.caller, state=state))
    return execution
