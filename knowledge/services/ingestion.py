"""Bring articles into the document store, keep it in step with them, and import many documents at once."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Least

from knowledge.models import Article, Source
from knowledge.services import articles
from knowledge.services.passages import BATCH, follow, product_target
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor
from supportai.core.errors import DomainError

MAX_ATTEMPTS = 6
PATIENT_ATTEMPTS = 3
# How often an article that changes while it is indexed is taken again before its own task has to do it.
MAX_ROUNDS = 5
# Left to the task that the change itself enqueued before the sweep helps.
GRACE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDocument:
    """One document of a source: its id there, its title and its Markdown text."""

    external_id: str
    title: str
    body: str
    slug: str = ""
    language: str = "en"
    product: str = ""


@dataclass(frozen=True, slots=True)
class ImportFailure:
    """A document that was not imported, and why, for the person who imports."""

    document: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did; failures do not stop the rest."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failures: list[ImportFailure] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Count all documents that were looked at."""
        return self.created + self.updated + self.unchanged + len(self.failures)


def import_documents(
    *,
    documents: Iterable[ImportedDocument | ImportFailure],
    source_name: str,
    actor: Actor = SYSTEM,
    audience: str = Article.Audience.PUBLIC,
    on_document: Callable[[], object] = lambda: None,
) -> ImportReport:
    """Publish documents as articles of a source; a document whose text is known already changes nothing.

    Indexing follows through events; `index_waiting` does it at once. `on_document` is called after each document.
    """
    source, _made = Source.objects.get_or_create(name=source_name, defaults={"kind": Source.Kind.FILES})
    report = ImportReport()
    for document in documents:
        _import_one(document, source, report, actor=actor, audience=audience)
        on_document()
    Source.objects.filter(pk=source.pk).update(imported_at=clock.now())
    refresh_source_states([source.pk])
    return report


def _import_one(
    document: ImportedDocument | ImportFailure, source: Source, report: ImportReport, *, actor: Actor, audience: str
) -> None:
    if isinstance(document, ImportFailure):
        report.failures.append(document)
        return
    try:
        outcome = _store_document(document, source, actor=actor, audience=audience)
    except DomainError as exc:
        report.failures.append(ImportFailure(document.external_id, exc.message))
        return
    setattr(report, outcome, getattr(report, outcome) + 1)


@transaction.atomic
def _store_document(document: ImportedDocument, source: Source, *, actor: Actor, audience: str) -> str:
    """Store one document and say what happened: created, updated or unchanged."""
    known = Article.objects.filter(source=source, external_id=document.external_id).first()
    if known is None:
        articles.create_article(
            title=document.title,
            body=document.body,
            actor=actor,
            slug="" if Article.objects.filter(slug=document.slug).exists() else document.slug,
            is_published=True,
            source=source,
            external_id=document.external_id,
            audience=audience,
            language=document.language,
            product=document.product,
        )
        return "created"
    if known.state == Article.State.ARCHIVED:
        # A person took it away; an import does not bring it back.
        return "unchanged"
    before = known.current_revision_id
    after = articles.revise_article(article_id=known.pk, title=document.title, body=document.body, actor=actor)
    return "unchanged" if after.current_revision_id == before else "updated"


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
    """Set the indexing state of sources from their articles."""
    for source_id in {source_id for source_id in source_ids if source_id is not None}:
        waiting = waiting_articles().filter(source_id=source_id)
        failed = waiting.exclude(index_failure="").values_list("title", "index_failure").first()
        if failed:
            state, failure = Source.State.FAILED, f"{failed[0]}: {failed[1]}"
        else:
            state, failure = Source.State.PENDING if waiting.exists() else Source.State.INDEXED, ""
        Source.objects.filter(pk=source_id).update(state=state, failure=failure)


def _mark_followed(article: Article) -> bool:
    """Note that the store holds the state that was loaded; False when the article has changed since."""
    followed = Article.objects.filter(pk=article.pk, index_version=article.index_version)
    return bool(followed.update(indexed_version=article.index_version, index_failure="", index_attempts=0))
