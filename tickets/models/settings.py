"""What a lead sets for the AI agent: thresholds, and how far it may go per intent."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel
from tickets.models.procedure import Intent

SHARE = (MinValueValidator(0.0), MaxValueValidator(1.0))


class AgentConfiguration(BaseModel):
    """The one row of settings that hold for every intent."""

    is_on = models.BooleanField("AI agent is on", default=True, help_text="Off: every new message goes to people.")
    answer_threshold = models.FloatField(
        default=0.6, validators=SHARE, help_text="Answers that are less likely to be right go to a person."
    )
    act_threshold = models.FloatField(
        default=0.8,
        validators=SHARE,
        help_text="Below this the AI agent asks which of two things is meant, or hands off.",
    )
    silence_hours = models.PositiveIntegerField(
        default=24, help_text="A self-contained answer without a reply counts as resolved (assumed) after this time."
    )
    max_steps = models.PositiveSmallIntegerField(default=20, help_text="Per run; then it hands off.")
    max_seconds = models.PositiveIntegerField(default=60, help_text="Per run; then it hands off.")
    default_stage = models.CharField(max_length=10, default="auto")
    history = HistoricalRecords()

    class Meta:
        verbose_name = "AI agent settings"
        verbose_name_plural = "AI agent settings"

    def __str__(self) -> str:
        return "AI agent settings"


class Stage(BaseModel):
    """How far the AI agent may go for one intent."""

    class Level(models.TextChoices):
        OFF = "off", "Off: people answer"
        SHADOW = "shadow", "Shadow: decides, shows nobody"
        DRAFT = "draft", "Draft: writes for staff"
        APPROVAL = "approval", "Approval: acts after a person says yes"
        AUTO = "auto", "Auto: answers and acts"

    intent = models.OneToOneField(Intent, models.CASCADE, related_name="stage")
    level = models.CharField(max_length=10, choices=Level, default=Level.AUTO)
    history = HistoricalRecords()

    class Meta:
        ordering = ("intent__slug",)

    def __str__(self) -> str:
        return f"{self.intent.slug}: {self.level}"
