"""CSAT: what the customer thought of an episode."""

from django.db import models
from django.db.models import Q

from supportai.core.models import BaseModel
from tickets.models.ticket import Ticket


class Csat(BaseModel):
    """One rating an episode, 1 (bad) to 5 (good), of who ended it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="csat")
    episode = models.PositiveIntegerField()
    score = models.PositiveSmallIntegerField()
    comment = models.TextField(blank=True)
    about = models.CharField(max_length=10, choices=Ticket.Handler)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["ticket", "episode"], name="one_csat_an_episode"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="csat_score_from_1_to_5"),
        )

    def __str__(self) -> str:
        return f"{self.score}/5 for ticket {self.ticket_id}"
