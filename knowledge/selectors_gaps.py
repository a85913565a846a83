"""Reads of gaps and of hygiene for pages and the API."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, QuerySet

from knowledge.models import (
    AnswerUse,
    Article,
    Finding,
    Gap,
    GapQuestion,
    HelpSettings,
    HygieneCheck,
    Observation,
    Suggestion,
)
from supportai.core import clock

WEEKS = 12
TREND = timedelta(days=14)
# Fewer than this in two weeks is chance.
LEAST_FOR_TREND = 3
RISING, FALLING = 1.5, 2 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How often something was asked, by week (oldest first), and in which direction it goes."""

    weeks: tuple[int, ...]
    recent: int
    before: int
    first_asked_at: datetime

    @property
    def word(self) -> str:
        """Say it in a word."""
        if self.first_asked_at >= clock.now() - TREND:
            return "new"
        if self.recent + self.before < LEAST_FOR_TREND:
            return "steady" if self.recent else "quiet"
        if self.recent > RISING * self.before:
            return "rising"
        return "falling" if self.recent < FALLING * self.before else "steady"


def gaps() -> QuerySet[Gap]:
    """Give gaps, the most asked first, with how many people and companies asked (`contact_count`, `organization_count`)."""
    return Gap.objects.select_related("owner", "article").annotate(
        contact_count=Count("questions__contact", distinct=True),
        organization_count=Count("questions__organization", distinct=True),
    )


def gaps_with_examples() -> QuerySet[Gap]:
    """Give gaps with their questions, the latest first."""
    latest = GapQuestion.objects.defer("vector").select_related("contact").order_by("-asked_at")
    return gaps().defer("vector_sum").prefetch_related(Prefetch("questions", latest))


def searches_kept() -> timedelta:
    """Tell how long the words of a search without a good answer are kept; nothing of it where that is zero."""
    row = HelpSettings.objects.order_by("pk").first() or HelpSettings()
    return timedelta(days=row.searches_kept_days)


def wanted_count() -> int:
    """Count the gaps that nobody has decided about."""
    return Gap.objects.filter(state=Gap.State.OPEN).count()


def trend_of(gap: Gap) -> Trend:
    """Count a gap's questions by week; reads them, unless they are loaded."""
    now = clock.now()
    asked = [question.asked_at for question in gap.questions.all()]
    weeks = [0] * WEEKS
    for asked_at in asked:
        age = (now - asked_at) // timedelta(days=7)
        if 0 <= age < WEEKS:
            weeks[WEEKS - 1 - age] += 1
    return Trend(
        weeks=tuple(weeks),
        recent=sum(asked_at > now - TREND for asked_at in asked),
        before=sum(now - 2 * TREND < asked_at <= now - TREND for asked_at in asked),
        first_asked_at=gap.first_asked_at,
    )


def drafts_for(questions: list[GapQuestion]) -> dict[str, Suggestion]:
    """Find what was drafted from people's answers to these questions and waits for a yes, by origin."""
    seen = Observation.objects.filter(
        origin__in=[question.origin for question in questions], suggestion__state__in=Suggestion.UNDECIDED
    ).select_related("suggestion")
    return {observation.origin: observation.suggestion for observation in seen}


def findings() -> QuerySet[Finding]:
    """Give findings with their articles."""
    return Finding.objects.select_related("article", "other", "decided_by")


def finding_counts() -> dict[str, int]:
    """Count open findings by kind; a kind without any is 0."""
    found = dict(
        Finding.objects.filter(state=Finding.State.OPEN).order_by().values_list("kind").annotate(n=Count("pk"))
    )
    return {kind.value: found.get(kind.value, 0) for kind in Finding.Kind}


def last_check() -> HygieneCheck | None:
    """Give the check that runs or ended last."""
    return HygieneCheck.objects.order_by("-created_at").first()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How the conversations went in which an article was quoted."""

    endings: dict[str, int]
    ratings: tuple[int, ...]

    @property
    def total(self) -> int:
        """Count the conversations."""
        return sum(self.endings.values())

    @property
    def good(self) -> int:
        """Count those in which the customer needed nothing else."""
        return sum(self.endings.get(ending, 0) for ending in AnswerUse.GOOD)

    @property
    def judged(self) -> int:
        """Count those that ended well or badly; one that goes on or was abandoned says nothing about the article."""
        return self.good + sum(self.endings.get(ending, 0) for ending in AnswerUse.BAD)

    @property
    def mean_rating(self) -> float | None:
        """Give the mean of the ratings, from 1 to 5; None without any."""
        return sum(self.ratings) / len(self.ratings) if self.ratings else None


def record_of(article: Article, *, since: datetime) -> Record:
    """Count how an article's answers went since a time."""
    uses = article.uses.filter(answered_at__gte=since)
    endings = dict(uses.order_by().values_list("ending").annotate(n=Count("pk")))
    ratings = tuple(uses.filter(rating__isnull=False).values_list("rating", flat=True))
    return Record(endings=endings, ratings=tuple(rating for rating in ratings if rating is not None))


def uses_of(article: Article, *, limit: int = 20) -> list[AnswerUse]:
    """Give the conversations in which an article was quoted last."""
    return list(article.uses.order_by("-answered_at")[:limit])


def uses_by_week(article: Article, *, weeks: int = WEEKS) -> list[tuple[datetime, dict[str, int]]]:
    """Count an article's uses by week and ending, oldest week first; each with the time it begins."""
    begin = clock.now() - timedelta(days=7 * weeks)
    counted: list[tuple[datetime, dict[str, int]]] = [(begin + timedelta(days=7 * i), {}) for i in range(weeks)]
    for answered_at, ending in article.uses.filter(answered_at__gte=begin).values_list("answered_at", "ending"):
        week = counted[min((answered_at - begin) // timedelta(days=7), weeks - 1)][1]
        week[ending] = week.get(ending, 0) + 1
    return counted
