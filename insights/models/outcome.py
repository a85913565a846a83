"""Outcomes: how each episode ended, kept when the customer comes back and the ticket forgets it."""

from django.db import models
from django.db.models import F, Q

from supportai.core.models import BaseModel
from tickets.models import Ticket


class Outcome(BaseModel):
    """The ending of one episode; it stands until the customer returns.

    At any moment at most one outcome of a ticket stands, so that figures can be given as of any time.
    """

    class Ending(models.TextChoices):
        VERIFIED = "verified", "Verified"
        CONFIRMED = "confirmed", "Confirmed"
        ASSUMED = "assumed", "Assumed"
        PEOPLE = "people", "By people"
        ABANDONED = "abandoned", "Abandoned"

    # What the AI agent ended without a person.
    ALONE = (Ending.VERIFIED, Ending.CONFIRMED, Ending.ASSUMED)

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="outcomes")
    episode = models.PositiveIntegerField()
    ending = models.CharField(max_length=10, choices=Ending)
    ended_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True, blank=True, help_text="When the customer wrote again.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["ticket", "episode"], name="one_outcome_an_episode"),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True) | Q(returned_at__gte=F("ended_at")),
                name="outcome_returns_after_its_end",
            ),
        )
        indexes = (
            models.Index(fields=["ended_at"], name="outcome_by_end"),
            models.Index(fields=["returned_at"], name="outcome_by_return", condition=Q(returned_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"ticket {self.ticket_id}, episode {self.episode}: {self.ending}"
