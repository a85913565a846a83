"""Uses of articles: what became of the conversations in which the AI agent quoted them."""

from django.db import models
from django.db.models import Q

from knowledge.models.article import Article
from supportai.core.models import BaseModel


class AnswerUse(BaseModel):
    """One episode of a ticket in which the AI agent quoted an article, and how it went.

    Written down by whoever knows how episodes end; `origin` is `ticket:<public_id>:<episode>`.
    """

    class Ending(models.TextChoices):
        OPEN = "open", "Not over yet"
        VERIFIED = "verified", "Verified"
        CONFIRMED = "confirmed", "Confirmed"
        ASSUMED = "assumed", "Assumed"
        RETURNED = "returned", "Came back"
        HANDED_OFF = "handed_off", "Went to a person"
        ABANDONED = "abandoned", "Abandoned"

    # The customer needed nothing else; an assumed ending is silence, which may be consent.
    GOOD = (Ending.VERIFIED, Ending.CONFIRMED, Ending.ASSUMED)
    BAD = (Ending.RETURNED, Ending.HANDED_OFF)

    article = models.ForeignKey(Article, models.CASCADE, related_name="uses")
    origin = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, blank=True, help_text="Of the ticket, without personal data.")
    ending = models.CharField(max_length=10, choices=Ending, default=Ending.OPEN)
    rating = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 (bad) to 5 (good).")
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ("-answered_at",)
        constraints = (
            models.UniqueConstraint(fields=["article", "origin"], name="answer_use_unique_in_article"),
            models.CheckConstraint(
                name="answer_use_rating_from_1_to_5",
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5),
            ),
        )
        indexes = (
            models.Index(fields=["article", "answered_at"], name="answer_use_by_time"),
            models.Index(fields=["origin"], name="answer_use_by_origin"),
        )

    def __str__(self) -> str:
        return f"{self.article_id} in {self.origin}: {self.ending}"
