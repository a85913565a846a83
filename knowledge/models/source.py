"""Sources: where articles come from."""

from django.db import models
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel


class Source(BaseModel):
    """A place that articles are imported from; each document in it has an id of its own there."""

    class Kind(models.TextChoices):
        MANUAL = "manual", "Written here"
        FILES = "files", "Files"
        LEARNED = "learned", "Learned from answers"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting to be indexed"
        INDEXED = "indexed", "Indexed"
        STALE = "stale", "Changed since it was indexed"
        FAILED = "failed", "Failed"

    name = models.CharField(max_length=120, unique=True, help_text="How staff and the import command name it.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MANUAL)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING, editable=False)
    failure = models.TextField("why it failed", blank=True, editable=False)
    imported_at = models.DateTimeField("last import", null=True, blank=True, editable=False)
    history = HistoricalRecords(excluded_fields=["state", "failure", "imported_at", "updated_at"])

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                name="source_failure_iff_failed",
                condition=(models.Q(state="failed") & ~models.Q(failure=""))
                | (~models.Q(state="failed") & models.Q(failure="")),
            ),
        )

    def __str__(self) -> str:
        return self.name
