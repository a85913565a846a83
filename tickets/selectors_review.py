"""Reads of what waits for a person's decision: calls of the AI agent, what it could learn, and what it could not answer."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from integrations.models import ActionPolicy, Approval
from knowledge.models import Gap, Suggestion
from knowledge.selectors_gaps import gaps_with_examples
from supportai.core.errors import NotFoundError


def approvals() -> QuerySet[Approval]:
    """Give approvals with the call and whom it is for."""
    return Approval.objects.select_related("execution__contact__organization", "execution__installation")


def pending_approvals() -> list[Approval]:
    """Give the calls that wait, the one that runs out first on top."""
    return list(approvals().filter(state=Approval.State.PENDING).order_by("expires_at"))


def decided_approvals(*, limit: int = 12) -> list[Approval]:
    """Give the calls that were decided last."""
    return list(approvals().exclude(state=Approval.State.PENDING).order_by("-decided_at")[:limit])


def approval_of(public_id: UUID) -> Approval:
    """Give one approval.

    Raises:
        NotFoundError: there is none.
    """
    approval = approvals().filter(public_id=public_id).first()
    if approval is None:
        raise NotFoundError("This approval does not exist.")
    return approval


def money_limits() -> dict[str, int]:
    """Give the limit per contact and day of each capability that has one, in the smallest unit."""
    limits = ActionPolicy.objects.filter(limit_cents__isnull=False).values_list("capability", "limit_cents")
    return {capability: limit for capability, limit in limits if limit is not None}


def suggestions() -> QuerySet[Suggestion]:
    """Give suggestions with what they were seen in and what came of them."""
    return Suggestion.objects.select_related("article", "conflicts_with__article", "decided_by").prefetch_related(
        "observations"
    )


def open_suggestions(*, limit: int = 50) -> list[Suggestion]:
    """Give what waits for somebody, the most supported first."""
    waiting = suggestions().filter(state__in=Suggestion.UNDECIDED)
    return list(waiting.order_by("-support_count", "-created_at")[:limit])


def published_suggestions(*, limit: int = 30) -> list[Suggestion]:
    """Give what was learned last."""
    published = suggestions().filter(state=Suggestion.State.APPROVED, article__isnull=False)
    return list(published.order_by("-decided_at")[:limit])


def suggestion_of(public_id: UUID) -> Suggestion:
    """Give one suggestion.

    Raises:
        NotFoundError: there is none.
    """
    suggestion = suggestions().filter(public_id=public_id).first()
    if suggestion is None:
        raise NotFoundError("This suggestion does not exist.")
    return suggestion


def gaps_by_state(*, covered_since: datetime, limit: int = 50) -> dict[str, list[Gap]]:
    """Give gaps by state, the most asked first; covered ones only since a time, the latest first."""
    found = gaps_with_examples()
    covered = found.filter(state=Gap.State.COVERED, covered_at__gte=covered_since)
    dismissed = found.filter(state=Gap.State.DISMISSED)
    return {
        Gap.State.OPEN: list(found.filter(state=Gap.State.OPEN)[:limit]),
        Gap.State.PLANNED: list(found.filter(state=Gap.State.PLANNED)[:limit]),
        Gap.State.COVERED: list(covered.order_by("-covered_at")[:limit]),
        Gap.State.DISMISSED: list(dismissed.order_by("-updated_at")[:limit]),
    }


def gap_of(public_id: UUID) -> Gap:
    """Give one gap with its questions.

    Raises:
        NotFoundError: there is none; it may have joined another that means the same.
    """
    gap = gaps_with_examples().filter(public_id=public_id).first()
    if gap is None:
        raise NotFoundError("This gap does not exist any more: it may have joined another. Look at the list again.")
    return gap
