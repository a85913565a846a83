"""Suggestions: what could be learned from answers that people gave."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from knowledge.models.article import Article
from supportai.core.models import BaseModel


class Suggestion(BaseModel):
    """A drafted article that waits for a person; observations of the same question and answer support it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        NEEDS_EDIT = "needs_edit", "Needs an edit"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        SUPERSEDED = "superseded", "Superseded"
        EXPIRED = "expired", "Expired"

    UNDECIDED = (State.OPEN, State.NEEDS_EDIT)

    title = models.CharField(max_length=300)
    body = models.TextField(help_text="Markdown. What the article will say when you approve it.")
    question = models.TextField(help_text="What was asked, without personal data.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    note = models.CharField(max_length=300, blank=True, help_text="What a person should look at before approving.")
    question_vector = models.BinaryField(editable=False, help_text="384 float32, to find the same question again.")
    language = models.CharField(max_length=10, default="en")
    support_count = models.PositiveIntegerField("times seen", default=1, editable=False)
    conflicts_with = models.ForeignKey(
        "self",
        models.SET_NULL,
        related_name="conflicts",
        null=True,
        blank=True,
        help_text="Same question, another answer.",
    )
    article = models.ForeignKey(Article, models.SET_NULL, related_name="suggestions", null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField("why it was rejected", max_length=300, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                name="suggestion_decided_at_iff_decided",
                condition=Q(state__in=["open", "needs_edit"], decided_at__isnull=True)
                | (~Q(state__in=["open", "needs_edit"]) & Q(decided_at__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_undecided(self) -> bool:
        """Tell whether it still waits for a person."""
        return self.state in self.UNDECIDED


class Observation(BaseModel):
    """One question that a person answered; `origin` names where, such as `ticket:<public_id>:<episode>`."""

    origin = models.CharField(max_length=200, unique=True)
    suggestion = models.ForeignKey(Suggestion, models.CASCADE, related_name="observations")
    question = models.TextField()
    answer = models.TextField()

    class Meta:
        ordering = ("created_at",)

    def __str__(self) -> str:
        return self.origin


class EvaluationCase(BaseModel):
    """A question and the article that has to answer it, kept to notice when a change makes answers worse."""

    question = models.TextField()
    article = models.ForeignKey(Article, models.CASCADE, related_name="evaluation_cases", null=True, blank=True)
    suggestion = models.ForeignKey(Suggestion, models.SET_NULL, related_name="evaluation_cases", null=True, blank=True)
    is_answerable = models.BooleanField(
        default=True, help_text="Off: no article answers this, and the AI agent has to say so."
    )

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                name="evaluation_case_answerable_iff_article",
                condition=Q(is_answerable=True, article__isnull=False) | Q(is_answerable=False, article__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.question[:80]
