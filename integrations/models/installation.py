"""Installations: one connected account of another system."""

from django.db import models
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel
from supportai.core.secrets import SecretField


class Installation(BaseModel):
    """A connected account, with switches for what it may do."""

    class State(models.TextChoices):
        DISCONNECTED = "disconnected", "Disconnected"
        CONNECTING = "connecting", "Connecting"
        ACTIVE = "active", "Active"
        DEGRADED = "degraded", "Degraded"
        REAUTH_REQUIRED = "reauth_required", "Needs a new sign-in"
        REVOKED = "revoked", "Revoked"

    kind = models.SlugField(max_length=20, help_text="Connector, such as sandbox.")
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=20, choices=State, default=State.DISCONNECTED)
    can_ingest = models.BooleanField("ingest", default=False, help_text="Read tickets and articles from it.")
    can_act = models.BooleanField("act", default=True, help_text="Let actions call it; off stops them at once.")
    can_notify = models.BooleanField("notify", default=False, help_text="Send it notices.")
    credentials = SecretField(default="", blank=True, help_text="Token or key of the other system.")
    settings = models.JSONField(default=dict, blank=True, help_text="What its connector needs besides the credentials.")
    history = HistoricalRecords(excluded_fields=["credentials"])

    class Meta:
        ordering = ("kind", "name")
        constraints = (models.UniqueConstraint(fields=["kind", "name"], name="installation_name_unique_in_kind"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"

    @property
    def may_act(self) -> bool:
        """Tell whether actions may call it now: it is connected and nobody switched that off."""
        return self.can_act and self.state in {self.State.ACTIVE, self.State.DEGRADED}
