"""Import a source: one run with its progress, taken by a worker or carried out by a command."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from knowledge.documents import ImportFailure, Read
from knowledge.errors import SourceBusyError
from knowledge.models import ImportRun, Source, SourceDocument
from knowledge.services import documents as rows
from knowledge.services.ingestion import refresh_source_states
from knowledge.services.losses import archive_gone, archive_lost
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor
from supportai.core.errors import DomainError

log = structlog.get_logger(__name__)

State = ImportRun.State
# A run says more often than this that it is alive; one that does not has lost its worker.
LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 3
# Left to the task that the request itself enqueued before the sweep helps.
GRACE = timedelta(seconds=15)
ENDED = "The command ended before it was done. Run it again."
# How often progress is written while documents come in.
REPORT_SECONDS = 0.5
SHOWN_FAILURES = 1000
KEPT_RUNS = 30


class RunLostError(DomainError):
    """Another worker has this run now, or somebody stopped it; this one ends and changes nothing more."""

    code = "run_lost"
    status = 409


@dataclass(slots=True)
class ImportReport:
    """What an import did; failures do not stop the rest."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0
    archived: int = 0
    failed: int = 0
    failures: list[ImportFailure] = field(default_factory=list)
    warning: str = ""

    @property
    def total(self) -> int:
        """Count all documents that were looked at."""
        return self.created + self.updated + self.unchanged + self.kept + self.failed

    def add(self, outcome: str, external_id: str, reason: str) -> None:
        """Count one document; the first failures are kept with their reasons."""
        setattr(self, outcome, getattr(self, outcome) + 1)
        if outcome == rows.FAILED and len(self.failures) < SHOWN_FAILURES:
            self.failures.append(ImportFailure(external_id, reason))


class Importer:
    """Stores what one run reads, counts it, and says at the run how far it is."""

    def __init__(self, run: ImportRun, *, actor: Actor = SYSTEM, audience: str = "") -> None:
        self.run, self.actor, self.audience = run, actor, audience
        self.report = ImportReport(
            created=run.created_count,
            updated=run.updated_count,
            unchanged=run.unchanged_count,
            kept=run.kept_count,
            failed=run.failed_count,
        )
        self.steps: int | None = None
        self.partial: set[str] = set()
        self._seen: set[str] = set()
        self._files = set(run.source.files.values_list("name", flat=True))
        found = SourceDocument.objects.filter(source=run.source, container__in=self._files)
        self._places: dict[str, str] = dict(found.values_list("external_id", "container"))
        # What an attempt of this run that was lost had counted already.
        self._counted = set(run.documents.values_list("external_id", flat=True)) if run.attempts > 1 else set()
        self._reported_at = 0.0

    def take(self, item: Read, container: str = "") -> None:
        """Store a document, or write down why it could not be read.

        Raises:
            RunLostError: another worker has the run, or it was stopped.
        """
        arrival = self.arrival(container)
        item = self._named(item, container)
        if isinstance(item, ImportFailure):
            if item.is_part:
                self.partial.add(container)
            outcome, reason = rows.fail_document(item.document, item.reason, arrival)
            self.count(outcome, item.document, reason)
            return
        if item.external_id in self._seen:
            reason = "Another document of this import has the same path or id; only the first was imported."
            self.count(rows.FAILED, item.external_id, reason)
            return
        self._seen.add(item.external_id)
        outcome, reason = rows.store_document(item, arrival)
        self.count(outcome, item.external_id, reason)

    def _named(self, item: Read, container: str) -> Read:
        """Name a document with its uploaded file where another file of the source has one of that name.

        Two archives with an `index.md` each would otherwise replace each other's.
        """
        name = item.document if isinstance(item, ImportFailure) else item.external_id
        full = f"{container}/{name}"
        if container not in self._files:
            return item
        if self._places.get(full) != container and self._places.setdefault(name, container) == container:
            return item
        return replace(item, document=full) if isinstance(item, ImportFailure) else replace(item, external_id=full)

    def arrival(self, container: str = "") -> rows.Arrival:
        """Say where documents come from."""
        return rows.Arrival(self.run, self.run.source, self.actor, self.audience, container)

    def count(self, outcome: str, external_id: str, reason: str = "") -> None:
        """Count one document and say how far the run is."""
        if external_id not in self._counted:
            self.report.add(outcome, external_id, reason)
        self.tell()

    def tell(self, doing: str = "", *, total: int | None = None) -> None:
        """Write progress down and keep the claim; cheap to call often.

        Raises:
            RunLostError: another worker has the run, or it was stopped.
        """
        is_news = bool(doing) or total is not None
        if not is_news and time.monotonic() - self._reported_at < REPORT_SECONDS:
            return
        self._reported_at = time.monotonic()
        fresh: dict[str, object] = {**self._figures(), "running_until": clock.now() + LEASE}
        if doing:
            fresh["doing"] = doing[:200]
        if total is not None:
            fresh["total"] = total
        if not mine(self.run).update(**fresh):
            raise RunLostError("This import was stopped, or another worker has it.")

    def finish(
        self, *, complete: Collection[str] | None, gone: Collection[str] = (), is_loss_accepted: bool = False
    ) -> ImportReport:
        """Archive what is gone, if it may be, and close the run.

        `complete` names the containers that were read whole, except those of which a part could not be read; None: only
        the documents `gone` are archived, of which their source says so.

        Raises:
            RunLostError: another worker has the run, or it was stopped.
        """
        self.tell("Looking for what is gone")
        if complete is not None:
            losses = archive_lost(self.run, complete=complete, partial=self.partial, is_accepted=is_loss_accepted)
        else:
            losses = archive_gone(self.run, gone)
        self.report.archived = losses.archived
        self.report.warning = " ".join(filter(None, (self.report.warning, losses.warning)))
        _close(self.run, State.DONE, warning=self.report.warning, figures=self._figures())
        return self.report

    def _figures(self) -> dict[str, int]:
        report = self.report
        return {
            "done": report.total if self.steps is None else self.steps,
            "created_count": report.created,
            "updated_count": report.updated,
            "unchanged_count": report.unchanged,
            "kept_count": report.kept,
            "failed_count": report.failed,
            "archived_count": report.archived,
        }


def import_documents(
    *,
    documents: Iterable[Read] | Iterable[tuple[str, Read]],
    source_name: str,
    actor: Actor = SYSTEM,
    audience: str = "",
    complete: Collection[str] | None = None,
    is_loss_accepted: bool = False,
    on_document: Callable[[], object] = lambda: None,
) -> ImportReport:
    """Publish documents as articles of a source, now; a document whose text is known already changes nothing.

    A document may come with what it was found in; what is in one of `complete` no more is archived, with the guard of
    `losses` unless `is_loss_accepted` (then `complete` may be empty: the whole source was read). Indexing follows
    through events; `ingestion.index_waiting` does it at once. `on_document` is called after each document.

    Raises:
        SourceBusyError: this source is being imported already.
    """
    source, _made = Source.objects.get_or_create(
        name=source_name, defaults={"kind": Source.Kind.FILES, **({"audience": audience} if audience else {})}
    )
    run = _start(source)
    importer = Importer(run, actor=actor, audience=audience)
    try:
        for entry in documents:
            container, item = entry if isinstance(entry, tuple) else ("", entry)
            importer.take(item, container)
            on_document()
        return importer.finish(complete=complete, is_loss_accepted=is_loss_accepted)
    except BaseException as exc:
        reason = exc.message if isinstance(exc, DomainError) else ENDED
        _close(run, State.FAILED, failure=reason)
        raise


def run_import(*, run_id: int, read: Callable[[Importer], ImportReport]) -> bool:
    """Carry out a run that was asked for; False when there was nothing to do for this worker.

    `read` reads the source and gives what `Importer.finish` gave. What fails is written down at the run.
    """
    if not _claim(run_id):
        return False
    run = ImportRun.objects.select_related("source").get(pk=run_id)
    try:
        read(Importer(run))
    except RunLostError:
        return False
    except Exception as exc:  # whatever fails stands at the run, where the admin shows it
        log.exception("source.import_failed", run=run_id)
        reason = exc.message if isinstance(exc, DomainError) else f"{type(exc).__name__}: {exc}"
        _close(run, State.FAILED, failure=reason)
        return False
    return True


def due_runs() -> list[int]:
    """Give runs that nobody works on, and end those that were tried too often or belong to a command that is gone.

    While an import runs, the others wait: one alone may take hours, and the other workers are there for customers.
    """
    now = clock.now()
    lost = ImportRun.objects.filter(state__in=ImportRun.OPEN).filter(
        Q(running_until__lt=now) | Q(state=State.QUEUED, updated_at__lt=now - GRACE)
    )
    for run in lost.filter(Q(attempts__gte=MAX_ATTEMPTS) | Q(trigger=ImportRun.Trigger.COMMAND)):
        is_command = run.trigger == ImportRun.Trigger.COMMAND
        _close(run, State.FAILED, failure=ENDED if is_command else "It ended its worker again and again.")
    if _is_one_running():
        return []
    due = list(lost.order_by("pk").values_list("pk", flat=True)[:1])
    ImportRun.objects.filter(pk__in=due).update(updated_at=now)
    return due


def _is_one_running() -> bool:
    running = ImportRun.objects.filter(state=State.RUNNING, running_until__gte=clock.now())
    return running.exclude(trigger=ImportRun.Trigger.COMMAND).exists()


def mine(run: ImportRun) -> QuerySet[ImportRun]:
    """Give the run while it is this worker's: running, at this attempt."""
    return ImportRun.objects.filter(pk=run.pk, state=State.RUNNING, attempts=run.attempts)


def _start(source: Source) -> ImportRun:
    """Open a run for a command.

    Raises:
        SourceBusyError: one is open already.
    """
    now = clock.now()
    due_runs()
    try:
        with transaction.atomic():
            return ImportRun.objects.create(
                source=source,
                trigger=ImportRun.Trigger.COMMAND,
                state=State.RUNNING,
                attempts=1,
                started_at=now,
                running_until=now + LEASE,
            )
    except IntegrityError as exc:
        raise SourceBusyError(f"{source.name} is being imported already; wait until that is done.") from exc


def _claim(run_id: int) -> bool:
    """Take a run for this worker; figures of an attempt that was lost begin anew."""
    if _is_one_running():
        return False
    now = clock.now()
    free = ImportRun.objects.filter(pk=run_id, state__in=ImportRun.OPEN).exclude(trigger=ImportRun.Trigger.COMMAND)
    claimed = free.filter(Q(running_until__isnull=True) | Q(running_until__lt=now)).update(
        state=State.RUNNING, running_until=now + LEASE, attempts=F("attempts") + 1, updated_at=now, doing="Starting"
    )
    if claimed:
        ImportRun.objects.filter(pk=run_id, started_at__isnull=True).update(started_at=now)
    return bool(claimed)


def _close(
    run: ImportRun, state: str, *, failure: str = "", warning: str = "", figures: dict[str, int] | None = None
) -> None:
    """End a run that is still this worker's, and tell its source.

    Raises:
        RunLostError: it is not.
    """
    now = clock.now()
    open_run = ImportRun.objects.filter(pk=run.pk, state__in=ImportRun.OPEN, attempts=run.attempts)
    closed = open_run.update(
        state=state,
        failure=failure[:1000],
        warning=warning,
        finished_at=now,
        running_until=None,
        doing="",
        **(figures or {}),
    )
    if not closed and state == State.DONE:
        raise RunLostError("This import was stopped, or another worker has it.")
    if state == State.DONE:
        Source.objects.filter(pk=run.source_id).update(imported_at=now)
    _forget_old_runs(run.source_id)
    refresh_source_states([run.source_id])


def _forget_old_runs(source_id: int) -> None:
    """Keep the latest runs of a source only."""
    runs = ImportRun.objects.filter(source_id=source_id)
    kept = list(runs.order_by("-pk").values_list("pk", flat=True)[:KEPT_RUNS])
    runs.exclude(state__in=ImportRun.OPEN).exclude(pk__in=kept).delete()
