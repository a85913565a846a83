"""Limits of actions: totals and counts per contact and day, and when a person must say yes first."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from integrations.actions import ActionSpec, Amount, Risk
from integrations.errors import ActionRefusedError
from integrations.models import ActionExecution, ActionPolicy
from supportai.core import clock

# Above this many times the limit two different people must approve (SCENARIOS section 2).
TWO_PEOPLE_FACTOR = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalNeed:
    """Why a person must approve, and how many people."""

    reason: str
    people: int = 1


def policy_for(capability: str) -> ActionPolicy:
    """Give the capability's policy, or the defaults when nobody made one."""
    return ActionPolicy.objects.filter(capability=capability).first() or ActionPolicy(capability=capability)


def approval_need(
    spec: ActionSpec, policy: ActionPolicy, amount: Amount | None, *, contact_id: int
) -> ApprovalNeed | None:
    """Say why an action waits for people, or None; called with the contact's row locked, so that totals hold.

    Raises:
        ActionRefusedError: a plain write was asked for too often today.
    """
    need = None
    if spec.risk != Risk.READ:
        today = _today(contact_id, spec.capability)
        need = _amount_need(policy, amount, today) if amount else _count_need(spec, policy, today)
    if need is None and policy.mode == ActionPolicy.Mode.ASK:
        return ApprovalNeed(reason="The policy of this action asks a person each time.")
    return need


def _count_need(spec: ActionSpec, policy: ActionPolicy, today: QuerySet[ActionExecution]) -> ApprovalNeed | None:
    if policy.daily_count is None:
        runs_alone = spec.is_reversible and spec.risk != Risk.CRITICAL
        return None if runs_alone else ApprovalNeed(reason="No limit is set for this action.")
    if today.count() < policy.daily_count:
        return None
    if spec.risk != Risk.CRITICAL:
        raise ActionRefusedError("too_many_today", "This was done as often as a day allows.")
    return ApprovalNeed(reason=f"More than {policy.daily_count} a day for one contact.")


def _amount_need(policy: ActionPolicy, amount: Amount, today: QuerySet[ActionExecution]) -> ApprovalNeed | None:
    if policy.limit_cents is None:
        return ApprovalNeed(reason="It moves money and no limit is set.")
    spent = today.filter(currency=amount.currency).aggregate(total=Sum("amount_cents"))["total"] or 0
    total = spent + amount.cents
    if total > policy.limit_cents:
        people = 2 if total > policy.limit_cents * TWO_PEOPLE_FACTOR else 1
        return ApprovalNeed(reason="Above the limit per contact and day.", people=people)
    if policy.daily_count is not None and today.count() >= policy.daily_count:
        return ApprovalNeed(reason=f"More than {policy.daily_count} a day for one contact.")
    return None


def _today(contact_id: int, capability: str) -> QuerySet[ActionExecution]:
    """Give what counts for today: by when it was sent, so that a retry of an old failure counts when it is made."""
    start = datetime.combine(clock.today(), time.min, tzinfo=UTC)
    return ActionExecution.objects.annotate(counted_at=Coalesce("sent_at", "created_at")).filter(
        contact_id=contact_id,
        capability=capability,
        counted_at__gte=start,
        counted_at__lt=start + timedelta(days=1),
        state__in=ActionExecution.COUNTED,
    )
