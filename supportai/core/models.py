"""The shared base of all rows, and the outbox through which every app announces facts."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

from supportai.core import clock

JSONDict = dict[str, Any]


class BaseModel(models.Model):
    """A row with an id for the outside world and two times (aware, UTC)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Store the row and note when; `updated_at` joins a given `update_fields`."""
        self.updated_at = clock.now()
        fields = None if update_fields is None else {*update_fields, "updated_at"}
        super().save(*args, update_fields=fields, **kwargs)


class OutboxEvent(models.Model):
    """A fact that was announced in the transaction that made it true.

    Dispatched after commit, and by the sweep when that did not happen; subscribers are idempotent.
    """

    MAX_ATTEMPTS = 12

    name = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = (
            models.Index(
                name="outbox_waiting",
                fields=["next_attempt_at"],
                condition=Q(dispatched_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class IdempotentAnswer(models.Model):
    """What an API request with an `Idempotency-Key` was answered; `status` is null only inside its transaction."""

    place = models.CharField(max_length=64, unique=True)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now, editable=False, db_index=True)

    def __str__(self) -> str:
        return f"{self.status} of {self.place[:8]}"
