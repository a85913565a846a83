"""Approvals: people who decide whether a frozen call may be made."""

from django.db import models
from django.db.models import Q

from integrations.models.action_execution import ActionExecution
from supportai.core.models import BaseModel


class Approval(BaseModel):
    """A question to people about one execution; running out never means yes."""

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        APPROVED = "approved", "Approved"
        DENIED = "denied", "Denied"
        EXPIRED = "expired", "Expired"

    execution = models.OneToOneField(ActionExecution, models.CASCADE, related_name="approval")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=200, help_text="Why it asks.")
    needed = models.PositiveSmallIntegerField(default=1, help_text="How many different people must approve.")
    decisions = models.JSONField(default=list, help_text="[{user_id, name, is_yes, why, at}]")
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                name="approval_decided_at_iff_not_pending",
                condition=Q(state="pending", decided_at__isnull=True)
                | (~Q(state="pending") & Q(decided_at__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.execution.action}: {self.state}"
