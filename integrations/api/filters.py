"""What lists of installations, executions and approvals can be narrowed by."""

import django_filters

from integrations.models import ActionExecution, Approval, Installation
from supportai.core.api.filtering import ListFilter


class InstallationFilter(ListFilter):
    """By kind and state."""

    class Meta(ListFilter.Meta):
        model = Installation
        fields = ("kind", "state")


class ExecutionFilter(ListFilter):
    """By contact, state, what was asked for, or who asked."""

    contact = django_filters.UUIDFilter(field_name="contact__public_id", help_text="A contact's id.")
    installation = django_filters.UUIDFilter(field_name="installation__public_id", help_text="An installation's id.")

    class Meta(ListFilter.Meta):
        model = ActionExecution
        fields = ("state", "capability", "action", "risk", "caller", "episode")


class ApprovalFilter(ListFilter):
    """By state, contact or execution."""

    contact = django_filters.UUIDFilter(field_name="execution__contact__public_id", help_text="A contact's id.")
    execution = django_filters.UUIDFilter(field_name="execution__public_id", help_text="An execution's id.")

    class Meta(ListFilter.Meta):
        model = Approval
        fields = ("state",)
