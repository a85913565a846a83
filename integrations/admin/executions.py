"""Admin pages of executions and approvals: records, with the few things that people may still decide."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from accounts import permissions
from integrations.actions import find_action
from integrations.models import ActionExecution, Approval
from integrations.services import approvals
from integrations.services.calls import compensate
from supportai.core.actors import Actor
from supportai.core.admin import Press, ReadOnlyAdmin, ReasonForm, confirmed, pretty_json
from supportai.core.cel import money

EXECUTION_COLOURS = {
    "Succeeded": "success",
    "Failed": "danger",
    "Unknown": "danger",
    "Waits for approval": "warning",
    "Approved": "info",
    "Sent": "info",
    "Undone": "warning",
}
APPROVAL_COLOURS = {"Pending": "warning", "Approved": "success", "Denied": "danger", "Expired": "danger"}


def amount_of(execution: ActionExecution) -> str:
    """Write the amount that an execution moves, or a dash."""
    return "–" if execution.amount_cents is None else str(money(execution.amount_cents, execution.currency))


def describe_call(execution: ActionExecution) -> str:
    """Name a call by what it moves, for whom, and with which arguments."""
    arguments = ", ".join(f"{name} {value}" for name, value in execution.arguments.items())
    return f"{execution.action}, {amount_of(execution)}, for {execution.contact} ({arguments})"


@admin.register(ActionExecution)
class ActionExecutionAdmin(ReadOnlyAdmin):
    """Every call of an action, stored before it left."""

    empty_hint = "Each call of the AI agent or of staff in another system is listed here, with its result."
    list_display = ("number", "action", "state_name", "amount", "contact", "risk", "attempts", "created_at")
    list_filter = ("state", "action", "risk", "installation", "identity_level")
    list_select_related = ("contact",)
    search_fields = ("=pk", "=public_id", "action", "caller", "episode", "contact__email", "contact__name")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    actions_detail = ("undo",)
    fieldsets = (
        (None, {"fields": (("action", "state_name"), ("contact", "identity_level"), ("amount", "risk"), "error")}),
        ("What was asked and answered", {"fields": ("asked", "answered")}),
        (
            "Record",
            {
                "fields": (
                    ("capability", "installation"),
                    ("caller", "confirmation"),
                    ("episode", "attempts"),
                    ("created_at", "sent_at"),
                    ("finished_at", "public_id"),
                    "idempotency_key",
                )
            },
        ),
    )
    readonly_fields = ("state_name", "amount", "asked", "answered")

    def has_undo_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer undoing to who could have approved it, while it is possible."""
        execution = ActionExecution.objects.filter(pk=object_id or 0).first()
        spec = find_action(execution.action) if execution else None
        if execution is None or spec is None or execution.state != ActionExecution.State.SUCCEEDED:
            return False
        return spec.is_reversible and permissions.can_approve_action(
            request.user, amount_cents=execution.amount_cents, risk=execution.risk
        )

    @confirmed(
        label="Undo",
        title="Undo this action?",
        text="Puts back what it changed, unless that was changed again since. The customer is not told.",
        button="Undo it",
        permission="undo",
    )
    def undo(self, press: Press) -> str:
        """Undo it."""
        compensate(execution_id=press.pk, actor=Actor.staff(int(press.request.user.pk or 0)))
        return "Undone."

    def describe(self, row: ActionExecution) -> str:
        """Name the call in a question."""
        return describe_call(row)

    @display(description="Execution", ordering="pk")
    def number(self, obj: ActionExecution) -> str:
        """Give the number that people say."""
        return f"#{obj.pk}"

    @display(description="State", ordering="state", label=EXECUTION_COLOURS)
    def state_name(self, obj: ActionExecution) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Amount", ordering="amount_cents")
    def amount(self, obj: ActionExecution) -> str:
        """Write the amount."""
        return amount_of(obj)

    @display(description="Arguments")
    def asked(self, obj: ActionExecution) -> str:
        """Show the arguments, which never change once stored."""
        return pretty_json(obj.arguments)

    @display(description="Result")
    def answered(self, obj: ActionExecution) -> str:
        """Show what the other system answered."""
        return pretty_json(obj.result)


class DenyForm(ReasonForm):
    """Why not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "For colleagues; the customer does not see it."


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Calls that wait, or waited, for people. Running out never means yes."""

    empty_hint = "Calls that wait for a person, or waited for one, are listed here."
    list_display = ("number", "action_name", "state_name", "amount", "contact", "reason", "needed", "expires_at")
    list_filter = ("state", "execution__action")
    list_select_related = ("execution__contact",)
    search_fields = ("=pk", "execution__action", "execution__contact__email", "reason")
    ordering = ("-pk",)
    actions_detail = ("approve", "deny")
    fields = (
        ("state_name", "amount"),
        ("action_name", "contact"),
        "asked",
        ("reason", "needed"),
        "said",
        ("expires_at", "decided_at"),
        "execution_link",
    )
    readonly_fields = ("state_name", "amount", "action_name", "contact", "asked", "said", "execution_link")

    def has_approve_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer a yes to who may give it for this amount."""
        approval = _pending(object_id)
        return approval is not None and permissions.can_approve_action(
            request.user, amount_cents=approval.execution.amount_cents, risk=approval.execution.risk
        )

    def has_deny_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer a no to who decides on actions at all."""
        return _pending(object_id) is not None and permissions.can_approve_action(request.user)

    @confirmed(
        label="Approve",
        title="Approve this call?",
        text="It is made with exactly the arguments shown, once as many people as needed have approved.",
        button="Approve",
        permission="approve",
    )
    def approve(self, press: Press) -> str:
        """Say yes."""
        approvals.approve(approval_id=press.pk, user_id=int(press.request.user.pk or 0))
        return "Your yes is noted."

    @confirmed(
        label="Deny",
        title="Deny this call?",
        text="It is not made, and the AI agent tells the customer or hands over.",
        button="Deny",
        permission="deny",
        form=DenyForm,
    )
    def deny(self, press: Press) -> str:
        """Say no."""
        user_id = int(press.request.user.pk or 0)
        approvals.deny(approval_id=press.pk, user_id=user_id, why=press.given["reason"])
        return "Denied."

    def describe(self, row: Approval) -> str:
        """Name the call in a question."""
        return describe_call(row.execution)

    @display(description="Approval", ordering="pk")
    def number(self, obj: Approval) -> str:
        """Give the number that people say."""
        return f"#{obj.pk}"

    @display(description="State", ordering="state", label=APPROVAL_COLOURS)
    def state_name(self, obj: Approval) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Action", ordering="execution__action")
    def action_name(self, obj: Approval) -> str:
        """Name what would be called."""
        return obj.execution.action

    @display(description="Amount", ordering="execution__amount_cents")
    def amount(self, obj: Approval) -> str:
        """Write the amount."""
        return amount_of(obj.execution)

    @display(description="Contact")
    def contact(self, obj: Approval) -> str:
        """Name whom it is for."""
        return str(obj.execution.contact)

    @display(description="Arguments")
    def asked(self, obj: Approval) -> str:
        """Show the frozen arguments."""
        return pretty_json(obj.execution.arguments)

    @display(description="Decisions")
    def said(self, obj: Approval) -> str:
        """Tell who said what."""
        lines = [
            f"{given['name']}: {'yes' if given['is_yes'] else 'no'} {given['why']}".strip() for given in obj.decisions
        ]
        return "; ".join(lines) or "nobody yet"

    @display(description="Execution")
    def execution_link(self, obj: Approval) -> str:
        """Link to the record of the call."""
        url = reverse("admin:integrations_actionexecution_change", args=[obj.execution_id])
        return format_html('<a href="{}">{}</a>', url, obj.execution)


def _pending(object_id: str | int | None) -> Approval | None:
    found = Approval.objects.select_related("execution").filter(pk=object_id or 0, state=Approval.State.PENDING)
    return found.first()
