"""What lists of executions and approvals can be narrowed by."""

import django_filters

from integrations.models import ActionExecution, Approval


class ExecutionFilter(django_filters.FilterSet):
    """By contact, state, what was asked for, or who asked."""

    contact = django_filters.UUIDFilter(field_name="contact__public_id")
    created_after = django_filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")

    class Meta:
        model = ActionExecution
        fields = ("state", "capability", "action", "risk", "caller", "episode")


class ApprovalFilter(django_filters.FilterSet):
    """By state, contact or execution."""

    contact = django_filters.UUIDFilter(field_name="execution__contact__public_id")
    execution = django_filters.UUIDFilter(field_name="execution__public_id")

    class Meta:
        model = Approval
        fields = ("state",)
