"""Bring articles into the document store and keep it in step with them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Least

from knowledge.models import Article, ImportRun, Source
from knowledge.services.passages import BATCH, follow, product_target
from supportai.core import clock

MAX_ATTEMPTS = 6
PATIENT_ATTEMPTS = 3
# How often an article that changes while it is indexed is taken again before its own task has to do it.
MAX_ROUNDS = 5
# Left to the task that the change itself enqueued before the sweep helps.
GRACE = timedelta(seconds=10)


def index_articles(article_ids: Sequence[int]) -> int:
    """Make the document store follow these articles and count what was done; doing it again does nothing.

    What an article is now decides, not what it was when this was enqueued; an article that changes meanwhile is taken
    again, so that of a write and a delete at the same time the delete wins.
    """
    done = 0
    unsure: set[int] = set()
    for _round in range(MAX_ROUNDS):
        # Where another worker marked a newer state, what was written here may have come after its delete: look again.
        due = Q(pk__in=waiting_articles().filter(pk__in=article_ids)) | Q(pk__in=unsure)
        found = list(Article.objects.filter(due).select_related("current_revision"))
        if not found:
            break
        follow(found, product_target())
        marked = {article.pk for article in found if _mark_followed(article)}
        unsure = {article.pk for article in found} - marked
        done += len(marked)
    refresh_source_states(Article.objects.filter(pk__in=article_ids).values_list("source_id", flat=True))
    return done


def waiting_articles() -> QuerySet[Article]:
    """Give the articles that the document store has not followed yet."""
    return Article.objects.filter(indexed_version__lt=F("index_version"))


def index_waiting(on_batch: Callable[[int], object] = lambda count: None) -> int:
    """Index everything that waits, in batches; `on_batch` is called with the size of each."""
    done = 0
    while ids := list(waiting_articles().order_by("pk").values_list("pk", flat=True)[:BATCH]):
        index_articles(ids)
        done += len(ids)
        on_batch(len(ids))
    return done


def due_articles(limit: int = 256) -> list[int]:
    """Take articles that nobody has indexed for a while, and leave them to the caller for that long again."""
    now = clock.now()
    due = Q()
    for attempts in range(MAX_ATTEMPTS):
        due |= Q(index_attempts=attempts, updated_at__lt=now - GRACE * 2**attempts)
    ids = list(waiting_articles().filter(due).order_by("updated_at").values_list("pk", flat=True)[:limit])
    if ids:
        Article.objects.filter(pk__in=ids).update(updated_at=now)
    return ids


def note_failure(article_ids: Sequence[int], reason: str, *, is_passing: bool = False) -> None:
    """Write down why indexing failed, for the admin and for the next attempt's delay.

    What is passing, such as a document store that is down, is tried for ever, every minute or two.
    """
    waiting = waiting_articles().filter(pk__in=article_ids)
    sources = set(waiting.values_list("source_id", flat=True))
    attempts = F("index_attempts") + 1
    waiting.update(
        index_attempts=Least(attempts, Value(PATIENT_ATTEMPTS)) if is_passing else attempts,
        index_failure=reason[:500],
        updated_at=clock.now(),
    )
    refresh_source_states(sources)


def refresh_source_states(source_ids: Iterable[int | None]) -> None:
    """Set the indexing state of sources from their last import and from their articles."""
    for source_id in {source_id for source_id in source_ids if source_id is not None}:
        ended = ImportRun.objects.filter(source_id=source_id).exclude(state__in=ImportRun.OPEN).first()
        waiting = waiting_articles().filter(source_id=source_id)
        failed = waiting.exclude(index_failure="").values_list("title", "index_failure").first()
        state, failure = Source.State.INDEXED, ""
        if ended and ended.state == ImportRun.State.FAILED:
            state, failure = Source.State.FAILED, ended.failure
        elif failed:
            state, failure = Source.State.FAILED, f"{failed[0]}: {failed[1]}"
        elif ended and ended.warning:
            state = Source.State.STALE
        elif waiting.exists():
            state = Source.State.PENDING
        Source.objects.filter(pk=source_id).update(state=state, failure=failure)


def _mark_followed(article: Article) -> bool:
    """Note that the store holds the state that was loaded; False when the article has changed since."""
    followed = Article.objects.filter(pk=article.pk, index_version=article.index_version)
    return bool(followed.update(indexed_version=article.index_version, index_failure="", index_attempts=0))
