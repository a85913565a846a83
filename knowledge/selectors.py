"""Reads of knowledge for pages and the API."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet, Subquery

from knowledge.models import (
    BUILT_IN,
    Article,
    ImportRun,
    Observation,
    ProfileSettings,
    RetrievalProfile,
    Source,
    Suggestion,
)
from knowledge.models.source import STOPPED


@dataclass(frozen=True, slots=True)
class FailingSource:
    """A source whose last import failed: why, and since when none came to its end."""

    source: Source
    reason: str
    since: datetime
    is_busy: bool


def waiting_suggestions() -> QuerySet[Suggestion]:
    """Give suggestions that wait for a person, the most often seen first, each with its observations."""
    observations = Prefetch("observations", Observation.objects.order_by("-created_at"))
    return (
        Suggestion.objects.filter(state__in=Suggestion.UNDECIDED)
        .select_related("conflicts_with")
        .prefetch_related(observations)
        .order_by("-support_count", "-created_at")
    )


def decided_suggestions(since: datetime | None = None) -> QuerySet[Suggestion]:
    """Give suggestions that were decided since a time, the latest first."""
    decided = Suggestion.objects.exclude(state__in=Suggestion.UNDECIDED).select_related("article", "decided_by")
    if since is not None:
        decided = decided.filter(decided_at__gte=since)
    return decided.prefetch_related("observations").order_by("-decided_at")


def learned_articles(since: datetime | None = None) -> QuerySet[Suggestion]:
    """Give approved suggestions with their articles: what was learned since a time, the latest first."""
    return decided_suggestions(since).filter(state=Suggestion.State.APPROVED, article__isnull=False)


def suggestion_counts() -> dict[str, int]:
    """Count suggestions by state; a state without any is 0."""
    found = dict(Suggestion.objects.order_by().values_list("state").annotate(n=Count("pk")))
    return {state.value: found.get(state.value, 0) for state in Suggestion.State}


def all_articles() -> QuerySet[Article]:
    """Give every article with what lists and the API show."""
    return Article.objects.select_related("source", "category", "current_revision").prefetch_related("revisions")


def active_profile() -> ProfileSettings:
    """Give the profile that searches use; the built-in model when nobody chose another."""
    row = RetrievalProfile.objects.filter(is_active=True).first()
    return row.settings if row else BUILT_IN


def profile_of(store_name: str) -> ProfileSettings:
    """Give the profile whose vectors a document store holds.

    Raises:
        RetrievalProfile.DoesNotExist: it was deleted.
    """
    if not store_name:
        return BUILT_IN
    return RetrievalProfile.objects.get(pk=int(store_name.rpartition("-")[2])).settings


def failing_sources() -> list[FailingSource]:
    """Give the sources whose last import failed, by name; one that a person stopped has not."""
    runs = ImportRun.objects.filter(source=OuterRef("pk"))
    ended = runs.filter(state__in=ImportRun.ENDED).order_by("-pk")
    sources = Source.objects.annotate(
        last_state=Subquery(ended.values("state")[:1]),
        last_failure=Subquery(ended.values("failure")[:1]),
        last_good=Max("runs__pk", filter=Q(runs__state=ImportRun.State.DONE)),
        is_busy=Exists(runs.filter(state__in=ImportRun.OPEN)),
    )
    failing = sources.filter(last_state=ImportRun.State.FAILED).exclude(last_failure__startswith=STOPPED)
    return [
        FailingSource(source, source.last_failure, _failing_since(source.pk, source.last_good), source.is_busy)
        for source in failing.order_by("name")
    ]


def _failing_since(source_id: int, last_good: int | None) -> datetime:
    failed = ImportRun.objects.filter(source_id=source_id, state=ImportRun.State.FAILED, pk__gt=last_good or 0)
    first = failed.exclude(failure__startswith=STOPPED).order_by("pk").values_list("finished_at", flat=True).first()
    assert first is not None, "the caller saw one that failed"
    return first
