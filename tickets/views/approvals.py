"""Approvals: calls of the AI agent that a person decides on, each shown exactly as it would be made."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.models import IdentityLevel, User
from accounts.permissions import can_approve_action
from integrations.actions import find_action
from integrations.models import ActionExecution, Approval
from integrations.services import approvals
from supportai.core.cel import money
from supportai.core.errors import NotAllowedError
from supportai.core.htmx import ring_page
from supportai.core.models import JSONDict
from tickets import selectors_case, selectors_review
from tickets.forms import DenyForm
from tickets.models import Ticket
from tickets.plain_words import CENTS, plainly
from tickets.views.access import StaffHttpRequest, staff_only
from tickets.views.story import flat
from tickets.views.words import act_in_words

# How integrations/services/limits.py begins such a reason.
ABOVE_LIMIT = "Above the limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalCard:
    """One approval in words; `press` is what the button says it will do."""

    approval: Approval
    execution: ActionExecution
    ticket: Ticket | None
    title: str
    press: str
    reason: str
    arguments: tuple[tuple[str, str], ...]
    identity: str
    is_reversible: bool
    may_approve: bool
    has_approved: bool
    limit: str
    missing: int


@staff_only()
def index(request: StaffHttpRequest) -> HttpResponse:
    """List what waits for a yes, then what was decided last."""
    waiting = selectors_review.pending_approvals()
    decided = selectors_review.decided_approvals()
    tickets, limits = _tickets_of([*waiting, *decided]), selectors_review.money_limits()
    context = {
        "section": "approvals",
        "waiting_count": len(waiting),
        "cards": [card_for(approval, request.user, tickets, limits) for approval in waiting],
        "decided": [card_for(approval, request.user, tickets, limits) for approval in decided],
    }
    return render(request, "tickets/approvals.html", context)


@staff_only(method="POST")
def approve(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Say yes; with the last yes needed the call is made.

    Raises:
        NotAllowedError: the amount is above this person's limit, or their role may not approve.
    """
    approval = _permitted(request.user, public_id)
    approvals.approve(approval_id=approval.pk, user_id=request.user.pk)
    return _decided(request, public_id)


@staff_only(method="POST")
def deny(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    """Say no, with or without a reason.

    Raises:
        NotAllowedError: this person's role may not decide.
    """
    approval = selectors_review.approval_of(public_id)
    if not can_approve_action(request.user):
        raise NotAllowedError("Your role does not allow to decide on calls.")
    form = DenyForm(request.POST)
    why = form.cleaned_data["why"] if form.is_valid() else ""
    approvals.deny(approval_id=approval.pk, user_id=request.user.pk, why=why)
    return _decided(request, public_id)


def card_for(approval: Approval, user: User, tickets: dict[UUID, Ticket], limits: dict[str, int]) -> ApprovalCard:
    """Put an approval into words, with the exact call and what this person may do about it."""
    execution = approval.execution
    spec = find_action(execution.action)
    act = act_in_words(execution.action)
    amount = money(execution.amount_cents, execution.currency or "usd") if execution.amount_cents is not None else ""
    name = execution.contact.display_name
    yes = [decision for decision in approval.decisions if decision["is_yes"]]
    return ApprovalCard(
        approval=approval,
        execution=execution,
        ticket=tickets.get(_ticket_id(execution) or UUID(int=0)),
        title=f"{act.capitalize()}{f' of {amount}' if amount else ''} for {name}",
        press=f"{act.partition(' ')[0].capitalize()} {amount or act.partition(' ')[2]}".strip(),
        reason=_reason(approval, limits),
        arguments=tuple(_arguments(execution)),
        identity=IdentityLevel(execution.identity_level or IdentityLevel.ANONYMOUS).label,
        is_reversible=bool(spec and spec.is_reversible),
        may_approve=can_approve_action(user, amount_cents=execution.amount_cents, risk=execution.risk),
        has_approved=any(decision["user_id"] == user.pk for decision in yes),
        limit=money(user.approval_limit_cents, execution.currency or "usd"),
        missing=approval.needed - len(yes),
    )


def _arguments(execution: ActionExecution) -> Iterator[tuple[str, str]]:
    """Write the arguments in the order of the call; amounts as money, everything else as it will be sent."""
    for name, value in execution.arguments.items():
        if name.endswith(CENTS) and value is not None:
            yield plainly(name, value, currency=execution.currency)
        else:
            yield from (_argument(line) for line in flat({name: value}))


def _argument(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value


def _reason(approval: Approval, limits: dict[str, int]) -> str:
    """Name the limit that was passed, as the policy sets it now."""
    limit = limits.get(approval.execution.capability)
    if limit is None or not approval.reason.startswith(ABOVE_LIMIT):
        return approval.reason
    amount = money(limit, approval.execution.currency or "usd")
    return approval.reason.replace(ABOVE_LIMIT, f"{ABOVE_LIMIT} of {amount}", 1)


def _ticket_id(execution: ActionExecution) -> UUID | None:
    kind, _, rest = execution.episode.partition(":")
    try:
        return UUID(rest.partition(":")[0]) if kind == "ticket" else None
    except ValueError:
        return None


def _tickets_of(found: list[Approval]) -> dict[UUID, Ticket]:
    ids = {_ticket_id(approval.execution) for approval in found}
    return selectors_case.tickets_by_public_id([public_id for public_id in ids if public_id])


def _permitted(user: User, public_id: UUID) -> Approval:
    approval = selectors_review.approval_of(public_id)
    execution = approval.execution
    if not can_approve_action(user, amount_cents=execution.amount_cents, risk=execution.risk):
        raise NotAllowedError("This is above your limit. A lead can approve it.")
    return approval


def _decided(request: StaffHttpRequest, public_id: UUID) -> HttpResponse:
    if not request.htmx:
        return redirect("tickets:approvals")
    approval = selectors_review.approval_of(public_id)
    card = card_for(approval, request.user, _tickets_of([approval]), selectors_review.money_limits())
    context: JSONDict = {"card": card, "waiting_count": len(selectors_review.pending_approvals())}
    response = render(request, "tickets/partials/_approval_changed.html", context)
    return ring_page(response, "live:counts")
