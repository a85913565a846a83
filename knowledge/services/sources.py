"""What people do with sources: add files, ask for an import, stop it, archive what is missing; and the schedule."""

from collections.abc import Iterable
from datetime import timedelta

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from knowledge.errors import NothingToImportError, SourceBusyError
from knowledge.events import ImportRequested
from knowledge.models import Article, ImportRun, Source, SourceDocument, SourceFile
from knowledge.models.source import STOPPED
from knowledge.readers import refusal_of
from knowledge.services import articles
from knowledge.services.ingestion import refresh_source_states
from knowledge.services.losses import archive_documents
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.errors import DomainError, InvalidInputError
from supportai.core.events import publish

MAX_NAME = 300
INTERVALS = {
    Source.Refresh.HOURLY: timedelta(hours=1),
    Source.Refresh.DAILY: timedelta(days=1),
    Source.Refresh.WEEKLY: timedelta(days=7),
    Source.Refresh.MONTHLY: timedelta(days=30),
}
# What articles take over from their source, unless somebody gave an article another value.
INHERITED = ("audience", "language", "product")


@transaction.atomic
def add_files(*, source_id: int, uploads: Iterable[File], actor: Actor) -> list[SourceFile]:
    """Keep uploaded files; one of a name that the source has takes its place at the next import.

    Raises:
        InvalidInputError: a file is of a kind that cannot be read, empty or too large; nothing was kept.
    """
    given = [(_base_name(upload), upload) for upload in uploads]
    refusals = [reason for name, upload in given if (reason := refusal_of(name, upload.size or 0))]
    if refusals:
        raise InvalidInputError(" ".join(refusals))
    return [_keep(source_id, name, upload, actor) for name, upload in given]


@transaction.atomic
def remove_file(*, file_id: int) -> int:
    """Delete an uploaded file and archive the articles that came from it; tell how many."""
    file = SourceFile.objects.select_for_update(of=("self",), no_key=True).get(pk=file_id)
    found = SourceDocument.objects.filter(source_id=file.source_id, container=file.name)
    found.filter(article__isnull=True).delete()
    archived = archive_documents(found.exclude(state=SourceDocument.State.GONE))
    _delete_stored(file)
    file.delete()
    return archived


@transaction.atomic
def delete_source(*, source_id: int) -> None:
    """Delete a source that no article comes from, with what was uploaded to it."""
    source = Source.objects.get(pk=source_id)
    for file in source.files.all():
        _delete_stored(file)
    source.delete()


@transaction.atomic
def request_import(*, source_id: int, actor: Actor | None = None, trigger: str = ImportRun.Trigger.PERSON) -> ImportRun:
    """Ask for an import and announce `ImportRequested`; a worker takes it.

    Raises:
        SourceBusyError: one is waiting or running already.
        NothingToImportError: the source has neither an address nor files.
    """
    source = Source.objects.get(pk=source_id)
    if not source.is_crawled and not source.files.exists():
        is_known = source.documents.exists()
        raise NothingToImportError(
            "Its documents came by command; import them again with manage.py import_articles."
            if is_known
            else "There is nothing to read yet: upload a file, or choose a site and give its address."
        )
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(
                source=source, trigger=trigger, requested_by_id=actor.id if actor and actor.kind == "staff" else None
            )
    except IntegrityError as exc:
        raise SourceBusyError(f"{source.name} is being imported already.") from exc
    publish(ImportRequested(run_id=run.pk))
    return run


def stop_import(*, source_id: int, name: str) -> bool:
    """End the open import of a source; what it stored stays. False when none is open."""
    stopped = ImportRun.objects.filter(source_id=source_id, state__in=ImportRun.OPEN).update(
        state=ImportRun.State.FAILED,
        failure=f"{STOPPED} {name}. What was read until then is there.",
        finished_at=clock.now(),
        running_until=None,
        doing="",
    )
    refresh_source_states([source_id])
    return bool(stopped)


def archive_missing(*, source_id: int) -> int:
    """Archive the articles of documents that the last import missed and did not dare to archive; tell how many.

    Raises:
        SourceBusyError: an import is under way, which may find them.
    """
    if ImportRun.objects.filter(source_id=source_id, state__in=ImportRun.OPEN).exists():
        raise SourceBusyError("An import is under way; wait until it is done.")
    archived = archive_documents(SourceDocument.objects.filter(source_id=source_id, state=SourceDocument.State.MISSING))
    latest = ImportRun.objects.filter(source_id=source_id).first()
    if latest is not None:
        ImportRun.objects.filter(pk=latest.pk).update(warning="", archived_count=latest.archived_count + archived)
    refresh_source_states([source_id])
    return archived


@transaction.atomic
def pass_on_settings(*, source_id: int, before: dict[str, str]) -> int:
    """Give the source's articles its new audience, language and section where they had the old one; count them.

    `before` holds the old values. An article that somebody gave another value keeps it.
    """
    source = Source.objects.get(pk=source_id)
    changed = [name for name in INHERITED if before.get(name) != getattr(source, name)]
    if not changed:
        return 0
    wanted = Q()
    for name in changed:
        wanted |= Q(**{name: before[name]})
    count = 0
    for article in Article.objects.filter(wanted, source=source).only("pk", *INHERITED):
        fresh = {name: getattr(source, name) for name in changed if getattr(article, name) == before[name]}
        articles.describe_article(article_id=article.pk, **fresh)
        count += 1
    return count


def request_due_refreshes() -> int:
    """Ask for the imports that the schedule says are due, and count them."""
    asked = 0
    for source in _due_sources():
        try:
            request_import(source_id=source.pk, trigger=ImportRun.Trigger.SCHEDULE)
        except DomainError:
            continue
        asked += 1
    return asked


def _due_sources() -> list[Source]:
    """Find crawled sources whose last run began an interval ago, whether it went well or not."""
    due = Q()
    for refresh, interval in INTERVALS.items():
        due |= Q(refresh=refresh, last_asked__lt=clock.now() - interval)
    crawled = Source.objects.filter(kind__in=Source.CRAWLED).exclude(refresh=Source.Refresh.NEVER)
    idle = crawled.exclude(runs__state__in=ImportRun.OPEN)
    return list(idle.annotate(last_asked=Max("runs__created_at")).filter(due | Q(last_asked__isnull=True)))


def _base_name(upload: File) -> str:
    return (upload.name or "file").replace("\\", "/").rsplit("/", 1)[-1][:MAX_NAME]


def _keep(source_id: int, name: str, upload: File, actor: Actor) -> SourceFile:
    before = SourceFile.objects.filter(source_id=source_id, name=name).first()
    if before is not None:
        _delete_stored(before)
    row = before or SourceFile(source_id=source_id, name=name)
    row.size_bytes, row.read_in = upload.size or 0, None
    row.uploaded_by_id = actor.id if actor.kind == "staff" else None
    row.file.save(name, upload, save=False)
    row.save()
    return row


def _delete_stored(file: SourceFile) -> None:
    """Delete what lies on the disk, once the row is gone for good."""
    storage, path = file.file.storage, file.file.name or ""
    transaction.on_commit(lambda: storage.delete(path))
