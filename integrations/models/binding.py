"""Bindings: which installation does what a procedure asks for."""

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from integrations.actions import find_action
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

    def clean(self) -> None:
        """Refuse an action that does not exist, does something else, or belongs to another connector."""
        spec = find_action(self.action)
        if spec is None:
            raise ValidationError({"action": f"There is no action {self.action}."})
        if self.capability != spec.capability:
            raise ValidationError({"action": f"{spec.name} does {spec.capability}, not {self.capability}."})
        if self.installation_id and spec.kind != self.installation.kind:
            raise ValidationError({"installation": f"{spec.name} needs an installation of {spec.kind}."})
