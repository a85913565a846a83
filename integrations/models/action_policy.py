"""Action policies: what the AI agent may do, how much of it, and for whom."""

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models import IdentityLevel
from supportai.core.models import BaseModel


class ActionPolicy(BaseModel):
    """The rule of one capability.

    Without a row or a limit, look-ups and what can be undone are allowed; what is critical, moves money or cannot be
    undone waits for a person.
    """

    class Mode(models.TextChoices):
        ALLOW = "allow", "Allow"
        ASK = "ask", "Ask a person each time"
        DENY = "deny", "Deny (switched off)"

    capability = models.CharField(max_length=80, unique=True)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.ALLOW)
    limit_cents = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="Total per contact and day, inclusive, in the smallest unit of the currency. Above it a person approves. "
        "Empty: an action that moves money always waits for a person.",
    )
    daily_count = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How often per contact and day. Empty: as often as needed, but what is critical or cannot be undone "
        "then always waits for a person.",
    )
    identity_level = models.CharField(
        max_length=20,
        choices=IdentityLevel,
        default=IdentityLevel.MAIL_AUTHENTICATED,
        help_text="The least that we must know of who asks.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("capability",)
        verbose_name_plural = "action policies"

    def __str__(self) -> str:
        return f"{self.capability}: {self.mode}"

    def clean(self) -> None:
        """Refuse an identity level that would let somebody act of whom nothing is known for sure."""
        level = IdentityLevel(self.identity_level)
        if not level.covers(IdentityLevel.MAIL_AUTHENTICATED):
            raise ValidationError({"identity_level": "Actions need at least a verified address."})
