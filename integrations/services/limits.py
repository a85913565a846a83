"""Limits of actions: totals and counts per contact and day, and when a person must say yes first."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import QuerySet, Sum

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
    """Say why an action waits for people, or None; the contact's row is locked, so that totals hold.

    Raises:
        ActionRefusedError: a plain write was asked for too often today.
    """
    if policy.mode == ActionPolicy.Mode.ASK:
        return ApprovalNeed(reason="The policy of this action asks a person each time.")
    if spec.risk == Risk.READ:
        return None
    today = _today(contact_id, spec.capability)
    if policy.daily_count is not None and today.count() >= policy.daily_count:
        if spec.risk != Risk.CRITICAL and amount is None:
            raise ActionRefusedError("too_many_today", "This was done as often as a day allows.")
        return ApprovalNeed(reason=f"More than {policy.daily_count} a day for one contact.")
    if amount is not None:
        return _amount_need(policy, amount, today)
    if spec.risk == Risk.CRITICAL and policy.daily_count is None:
        return ApprovalNeed(reason="A critical action without a limit set by an admin.")
    return None


def _amount_need(policy: ActionPolicy, amount: Amount, today: QuerySet[ActionExecution]) -> ApprovalNeed | None:
    if policy.limit_cents is None:
        return ApprovalNeed(reason="It moves money and no limit is set.")
    spent = today.filter(currency=amount.currency).aggregate(total=Sum("amount_cents"))["total"] or 0
    total = spent + amount.cents
    if total <= policy.limit_cents:
        return None
    people = 2 if total > policy.limit_cents * TWO_PEOPLE_FACTOR else 1
    return ApprovalNeed(reason="Above the limit per contact and day.", people=people)


def _today(contact_id: int, capability: str) -> QuerySet[ActionExecution]:
    start = datetime.combine(clock.today(), time.min, tzinfo=UTC)
    return ActionExecution.objects.filter(
        contact_id=contact_id,
        capability=capability,
        created_at__gte=start,
        created_at__lt=start + timedelta(days=1),
        state__in=ActionExecution.COUNTED,
    )
