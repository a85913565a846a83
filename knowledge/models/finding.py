"""Hygiene: what is wrong with articles as a whole, and the checks that look for it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from knowledge.models.article import Article
from supportai.core.models import BaseModel


class Finding(BaseModel):
    """Something about one article, or about two together, that somebody should look at.

    The quotes are what the check compared, word for word. `fingerprint` is made of kind and quotes, so that a dismissed
    finding stays dismissed until one of the texts changes.
    """

    class Kind(models.TextChoices):
        DUPLICATE = "duplicate", "Says the same twice"
        STALE = "stale", "May be out of date"
        CONTRADICTION = "contradiction", "Two articles disagree"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DISMISSED = "dismissed", "Dismissed"
        DONE = "done", "Done"

    kind = models.CharField(max_length=14, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    fingerprint = models.CharField(max_length=64, unique=True, editable=False)
    why = models.CharField("what was found", max_length=300)
    article = models.ForeignKey(Article, models.CASCADE, related_name="findings")
    other = models.ForeignKey(Article, models.CASCADE, related_name="+", null=True, blank=True)
    heading = models.CharField(max_length=500, blank=True)
    other_heading = models.CharField(max_length=500, blank=True)
    quote = models.TextField(blank=True)
    other_quote = models.TextField(blank=True)
    score = models.FloatField(help_text="How sure the check is, from 0 to 1; orders the list.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-score", "-created_at")
        constraints = (
            models.CheckConstraint(
                name="finding_decided_at_iff_decided",
                condition=Q(state="open", decided_at__isnull=True) | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
        )
        indexes = (models.Index(fields=["state", "kind"], name="finding_by_state"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.article}"


class HygieneCheck(BaseModel):
    """One pass over all published articles; at most one waits or runs. Any worker takes up what another left."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    UNFINISHED = (State.WAITING, State.RUNNING)

    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(default=0, help_text="Passages to compare.")
    done = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0, help_text="Findings that were not known before.")
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=500, blank=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            # A constant expression on the states, so that two sweeps cannot both begin one.
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(state__in=["waiting", "running"]),
                name="one_unfinished_hygiene_check",
            ),
        )

    def __str__(self) -> str:
        return f"check of {self.created_at:%Y-%m-%d %H:%M}: {self.state}"

    @property
    def is_unfinished(self) -> bool:
        """Tell whether it still goes on."""
        return self.state in self.UNFINISHED

    @property
    def percent(self) -> int:
        """Give how far it is, from 0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total else 0
