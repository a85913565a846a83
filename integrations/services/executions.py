"""Run an action at most once: read the arguments, bind who asks, apply the rules and limits, store, then call."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from accounts.models import Contact
from integrations.actions import ActionSpec, Amount, Params, Risk, all_actions, find_action
from integrations.errors import ActionRefusedError, ConnectorError
from integrations.events import ApprovalRequested
from integrations.models import ActionExecution, Approval, Binding
from integrations.services.calls import MAX_ATTEMPTS, UNFINISHED, lease_end, make_call, settle
from integrations.services.limits import ApprovalNeed, approval_need
from integrations.services.rules import AllowedCall, check_rules, parse_arguments
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.events import publish
from supportai.core.ids import stable_id
from supportai.core.models import JSONDict

State = ActionExecution.State
APPROVAL_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCall:
    """What is asked for.

    `caller` and `episode` are plain texts of the caller. `confirmation` is the id of the question that the customer
    answered with yes, or empty; it is good for one call. Whose it is comes from `contact_id` alone.
    """

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
class _Planned:
    """A call that may be stored: allowed, priced, with the reason why people must agree apart from limits."""

    call: ActionCall
    key: UUID
    binding: Binding
    allowed: AllowedCall
    amount: Amount | None
    need: ApprovalNeed | None


def spec_of(capability: str) -> ActionSpec | None:
    """Give the action that a capability is bound to; None when it is not bound."""
    try:
        return _bound(capability)[1]
    except ActionRefusedError:
        return None


def execute(call: ActionCall) -> ActionExecution:
    """Run an action at most once for its episode, confirmation and arguments.

    Returns the execution: succeeded, failed, unknown, planned when people must approve it first, or sent while
    another worker makes this very call. The same call again returns the same row, whatever the rules say by then; one
    that surely did nothing may be made again. Never called inside a transaction.

    Raises:
        ActionRefusedError: a rule forbids it; `rule` names it, and nothing was called.
    """
    binding, spec = _bound(call.capability)
    params = parse_arguments(spec, call.arguments)
    key = _key(call, spec, params)
    earlier = _earlier(call, key)
    if earlier and not _may_repeat(earlier):
        return settle(earlier) if earlier.state in UNFINISHED else earlier
    if spec.needs_confirmation and not call.confirmation:
        raise ActionRefusedError("not_confirmed", "The customer has not said yes to this.")
    if earlier:
        params = parse_arguments(spec, earlier.arguments)
    planned = _plan(call, key, binding, spec, params)
    execution, is_ours = _admit(planned)
    return make_call(execution, planned.allowed) if is_ours else execution


def _bound(capability: str) -> tuple[Binding, ActionSpec]:
    """Find what does a capability; a binding to an action for something else binds nothing."""
    known = isinstance(capability, str) and capability.isprintable()
    binding = Binding.objects.select_related("installation").filter(capability=capability).first() if known else None
    spec = find_action(binding.action) if binding else None
    if binding is None or spec is None or spec.capability != capability or spec.kind != binding.installation.kind:
        raise ActionRefusedError("unknown_capability", f"Nothing is bound to {str(capability)[:80]!r}.")
    return binding, spec


def _key(call: ActionCall, spec: ActionSpec, params: Params) -> UUID:
    arguments = json.dumps(params.model_dump(mode="json"), sort_keys=True)
    return stable_id(call.episode, call.confirmation, spec.name, arguments)


def _earlier(call: ActionCall, key: UUID) -> ActionExecution | None:
    """Find the row of the same call.

    Raises:
        ActionRefusedError: it is another contact's, or people did not approve it.
    """
    found = ActionExecution.objects.filter(idempotency_key=key).select_related("installation", "approval").first()
    if found is None:
        return None
    if found.contact_id != call.contact_id:
        raise ActionRefusedError("not_owner", "This call was made for somebody else.")
    if _approval_state(found) in {Approval.State.DENIED, Approval.State.EXPIRED}:
        raise ActionRefusedError("not_approved", "A person decided against it, or nobody decided in time.")
    return found


def _approval_state(execution: ActionExecution) -> str:
    approval: Approval | None = getattr(execution, "approval", None)
    return approval.state if approval else ""


def _may_repeat(execution: ActionExecution) -> bool:
    """Tell whether a call surely did nothing and was not tried too often."""
    return execution.state == State.FAILED and execution.attempts < MAX_ATTEMPTS


def _plan(call: ActionCall, key: UUID, binding: Binding, spec: ActionSpec, params: Params) -> _Planned:
    """Apply every rule that asks the other system, before anything is locked."""
    contact = Contact.objects.select_related("organization").get(pk=call.contact_id)
    allowed = check_rules(
        spec=spec, installation=binding.installation, contact=contact, level=call.identity_level, params=params
    )
    try:
        amount = spec.amount(allowed.connector, params) if spec.amount else None
        need = _need_apart_from_limits(call, allowed)
    except ConnectorError as exc:
        raise ActionRefusedError("amount_unknown", f"Could not find out what it would move: {exc}") from exc
    return _Planned(
        call=call,
        key=key,
        binding=binding,
        allowed=replace(allowed, params=_frozen(params, amount)),
        amount=amount,
        need=need,
    )


def _frozen(params: Params, amount: Amount | None) -> Params:
    """Fix an amount that was left open to what the limits and people see."""
    if amount is None or getattr(params, "amount_cents", amount.cents) is not None:
        return params
    return params.model_copy(update={"amount_cents": amount.cents})


def _need_apart_from_limits(call: ActionCall, allowed: AllowedCall) -> ApprovalNeed | None:
    if call.stage_needs_approval and allowed.spec.risk != Risk.READ:
        return ApprovalNeed(reason="This intent is at the stage approval.")
    if allowed.spec.needs_admin:
        reason = allowed.spec.needs_admin(allowed.connector, allowed.params, allowed.identity)
        return ApprovalNeed(reason=reason) if reason else None
    return None


@transaction.atomic(durable=True)
def _admit(planned: _Planned) -> tuple[ActionExecution, bool]:
    """Store the call before it leaves, under the contact's lock; returns whether this worker is to make it.

    Two equal calls at once store one row, and calls side by side count against each other's limits.
    """
    call, spec = planned.call, planned.allowed.spec
    Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=call.contact_id)
    earlier = _earlier(call, planned.key)
    if earlier and not _may_repeat(earlier):
        return earlier, False
    if spec.needs_confirmation:
        _refuse_used_confirmation(planned)
    if earlier and _approval_state(earlier) == Approval.State.APPROVED:
        return _leave(earlier)
    limit = approval_need(spec, planned.allowed.policy, planned.amount, contact_id=call.contact_id)
    need = _stricter(limit, planned.need)
    execution = earlier or _new_row(planned)
    if need is None:
        return _leave(execution)
    return _await_people(execution, need), False


def _stricter(first: ApprovalNeed | None, second: ApprovalNeed | None) -> ApprovalNeed | None:
    needs = [need for need in (first, second) if need]
    return max(needs, key=lambda need: need.people, default=None)


def _refuse_used_confirmation(planned: _Planned) -> None:
    """Refuse a second call under one yes: the customer agreed to one object and amount."""
    confirmed = [spec.name for spec in all_actions() if spec.needs_confirmation]
    others = ActionExecution.objects.filter(
        contact_id=planned.call.contact_id, confirmation=planned.call.confirmation, action__in=confirmed
    )
    if others.exclude(idempotency_key=planned.key).exists():
        raise ActionRefusedError("confirmation_used", "The customer said yes to another call than this one.")


def _new_row(planned: _Planned) -> ActionExecution:
    call, spec, amount = planned.call, planned.allowed.spec, planned.amount
    return ActionExecution(
        idempotency_key=planned.key,
        capability=call.capability,
        action=spec.name,
        risk=spec.risk,
        installation=planned.binding.installation,
        contact_id=call.contact_id,
        identity_level=call.identity_level,
        caller=call.caller,
        episode=call.episode,
        confirmation=call.confirmation,
        actor_kind=call.actor.kind,
        actor_id=call.actor.id,
        arguments=planned.allowed.params.model_dump(mode="json"),
        amount_cents=amount.cents if amount else None,
        currency=amount.currency if amount else "",
    )


def _leave(execution: ActionExecution) -> tuple[ActionExecution, bool]:
    """Store that the call leaves now, held by this worker."""
    execution.state, execution.sent_at, execution.error = State.SENT, clock.now(), ""
    execution.save()
    ActionExecution.objects.filter(pk=execution.pk).update(lease_until=lease_end())
    execution.refresh_from_db()
    return execution, True


def _await_people(execution: ActionExecution, need: ApprovalNeed) -> ActionExecution:
    execution.state, execution.error = State.PLANNED, ""
    execution.save()
    approval = Approval.objects.create(
        execution=execution,
        reason=need.reason,
        needed=need.people,
        expires_at=clock.now() + timedelta(hours=APPROVAL_HOURS),
    )
    publish(ApprovalRequested(approval_id=approval.pk, execution_id=execution.pk))
    return execution
