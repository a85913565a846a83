"""What this deployment's own outcomes said about how sure answers are."""

from django.db import models
from django.db.models import Q

from supportai.core.models import BaseModel


class AnswerCalibration(BaseModel):
    """One refit of the chance that an answer is right: `slope` and `intercept` over its log odds.

    The version is the row's number. Errors are mean log losses on the newest outcomes, which the fit did not see.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "In use"
        REPLACED = "replaced", "Replaced by a newer one"
        REFUSED = "refused", "No better, not used"
        ROLLED_BACK = "rolled_back", "Rolled back"

    state = models.CharField(max_length=12, choices=State)
    slope = models.FloatField()
    intercept = models.FloatField()
    outcomes = models.PositiveIntegerField(help_text="Answers with a known outcome that were looked at.")
    right = models.PositiveIntegerField("of those right")
    held_back = models.PositiveIntegerField(help_text="The newest of them, which judged it.")
    error_before = models.FloatField("error as shipped", help_text="Mean log loss on those held back; less is better.")
    error_after = models.FloatField("error with it")
    why = models.CharField(max_length=300, blank=True)
    model_version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Tells which shipped model it stands on; another release starts anew."
    )

    class Meta:
        ordering = ("-pk",)
        verbose_name = "answer calibration"
        constraints = (
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="one_active_calibration"),
            models.CheckConstraint(name="calibration_slope_is_positive", condition=Q(slope__gt=0)),
        )

    def __str__(self) -> str:
        return f"version {self.pk}: {self.get_state_display()}"
