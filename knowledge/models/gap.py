"""Gaps: questions that no article answers well, grouped by meaning."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Contact, Organization
from knowledge.models.article import Article
from supportai.core import clock
from supportai.core.models import BaseModel


class Gap(BaseModel):
    """One subject that people ask about and no article answers.

    `vector_sum` is the sum of its questions' unit vectors (384 float32): divided by `question_count` and multiplied with
    another question's vector it gives the mean cosine to all of them, which is average linkage without a comparison of
    every pair.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        PLANNED = "planned", "Planned"
        COVERED = "covered", "Covered"
        DISMISSED = "dismissed", "Dismissed"

    # What still lacks an article.
    WANTED = (State.OPEN, State.PLANNED)

    title = models.CharField("suggested title", max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, related_name="+", null=True, blank=True)
    language = models.CharField(max_length=10, default="en")
    vector_sum = models.BinaryField(editable=False)
    question_count = models.PositiveIntegerField("times asked", default=0, editable=False)
    first_asked_at = models.DateTimeField(editable=False)
    last_asked_at = models.DateTimeField(editable=False)
    article = models.ForeignKey(
        Article,
        models.SET_NULL,
        related_name="covered_gaps",
        null=True,
        blank=True,
        help_text="The article that answers most of its questions now.",
    )
    covered_at = models.DateTimeField(null=True, blank=True, editable=False)
    reopened_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="It was asked again since.")
    is_title_edited = models.BooleanField(
        default=False, editable=False, help_text="Off: its questions choose the title."
    )
    wants_check = models.BooleanField(default=False, editable=False, help_text="Articles changed since it was checked.")
    checked_at = models.DateTimeField(
        default=clock.now, editable=False, help_text="When its questions were asked again."
    )
    reason = models.CharField("why it was dismissed", max_length=300, blank=True)

    class Meta:
        ordering = ("-question_count", "-last_asked_at")
        constraints = (
            models.CheckConstraint(
                name="gap_covered_at_iff_covered",
                condition=Q(state="covered", covered_at__isnull=False)
                | (~Q(state="covered") & Q(covered_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="gap_first_asked_before_last", condition=Q(first_asked_at__lte=F("last_asked_at"))
            ),
        )
        indexes = (
            models.Index(fields=["state", "-question_count"], name="gap_by_state"),
            models.Index(fields=["checked_at"], name="gap_waits_for_check", condition=Q(wants_check=True)),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_wanted(self) -> bool:
        """Tell whether an article is still missing."""
        return self.state in self.WANTED


class GapQuestion(BaseModel):
    """One question without a good answer, with the personal data masked that can be told by its form.

    `origin` names where it came up, such as `ticket:<public_id>:<episode>`; what is asked in the help center has
    neither contact nor organization. Once its contact is erased it has neither text nor vector, and counts on.
    """

    class Kind(models.TextChoices):
        HANDED_OFF = "handed_off", "The AI agent handed it to a person"
        PERSON_ANSWERED = "person_answered", "A person answered it, no article did"
        SEARCHED = "searched", "Searched in the help center"

    origin = models.CharField(max_length=200, unique=True)
    gap = models.ForeignKey(Gap, models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=16, choices=Kind)
    text = models.TextField()
    vector = models.BinaryField(editable=False, help_text="384 float32.")
    probability = models.FloatField(
        null=True, blank=True, help_text="How likely the best passages answered it when it was asked, from 0 to 1."
    )
    contact = models.ForeignKey(Contact, models.SET_NULL, related_name="+", null=True, blank=True)
    organization = models.ForeignKey(Organization, models.SET_NULL, related_name="+", null=True, blank=True)
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ("-asked_at",)
        indexes = (
            models.Index(fields=["gap", "asked_at"], name="gap_question_by_time"),
            models.Index(fields=["kind", "asked_at"], name="gap_question_by_kind"),
        )

    def __str__(self) -> str:
        return self.text[:80]
