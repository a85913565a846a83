"""Bindings: which installation does what a procedure asks for."""

from django.db import models
from simple_history.models import HistoricalRecords

from integrations.models.installation import Installation
from supportai.core.models import BaseModel


class Binding(BaseModel):
    """One capability, done by one action of one installation."""

    capability = models.CharField(max_length=80, unique=True, help_text="As procedures name it: billing.refund_charge.")
    installation = models.ForeignKey(Installation, models.PROTECT, related_name="bindings")
    action = models.CharField(
        max_length=80, help_text="An action of the installation's connector: sandbox.refund_charge."
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("capability",)

    def __str__(self) -> str:
        return f"{self.capability} by {self.action}"
