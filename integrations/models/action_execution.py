"""Executions: one row for each call of an action, stored before the call leaves."""

from django.db import models

from accounts.models import Contact
from integrations.models.installation import Installation
from supportai.core.models import BaseModel


class ActionExecution(BaseModel):
    """One call of an action on behalf of a contact."""

    class State(models.TextChoices):
        PLANNED = "planned", "Waits for approval"
        APPROVED = "approved", "Approved"
        SENT = "sent", "Sent"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        UNKNOWN = "unknown", "Unknown"
        COMPENSATED = "compensated", "Undone"

    # States that count against limits: what happened, may have happened or may still happen.
    COUNTED = (State.PLANNED, State.APPROVED, State.SENT, State.SUCCEEDED, State.UNKNOWN)

    OVER = (State.SUCCEEDED, State.FAILED, State.COMPENSATED)

    idempotency_key = models.UUIDField(unique=True)
    capability = models.CharField(max_length=80)
    action = models.CharField(max_length=80)
    risk = models.CharField(max_length=10)
    installation = models.ForeignKey(Installation, models.PROTECT, related_name="executions")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="executions")
    identity_level = models.CharField(max_length=20)
    caller = models.CharField(max_length=120, help_text='Who asked, as plain text: "run:<id>:<step>".')
    episode = models.CharField(max_length=160)
    confirmation = models.CharField(max_length=64, blank=True)
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True, blank=True)
    arguments = models.JSONField(default=dict)
    amount_cents = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=12, choices=State)
    result = models.JSONField(default=dict)
    error = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["contact", "capability", "created_at"], name="execution_by_contact"),
            models.Index(fields=["state", "lease_until"], name="execution_due"),
            models.Index(fields=["caller"], name="execution_by_caller"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.state}"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will happen by itself."""
        return self.state in self.OVER
