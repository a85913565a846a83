"""Read a source for an import run: its uploaded files, or its pages on the web."""

import time
from pathlib import Path

from knowledge.crawling import (
    CrawledPage,
    CrawlEvent,
    CrawlSettings,
    CrawlSummary,
    FailedPage,
    GonePage,
    KnownPage,
    SkippedPage,
    UnchangedPage,
)
from knowledge.documents import ImportedDocument, ImportFailure
from knowledge.errors import NothingToImportError, SourceUnreadableError
from knowledge.models import Source, SourceDocument, SourceFile
from knowledge.readers import one_child, read_named
from knowledge.services import documents as rows
from knowledge.services.importing import Importer, ImportReport

State = SourceDocument.State
INCOMPLETE = "Not everything was read, so only pages that the site says are gone were archived: {reason}"


def read_source(importer: Importer) -> ImportReport:
    """Read everything that a source holds and finish the run.

    Raises:
        NothingToImportError: it has no files and no address.
        SourceUnreadableError: not one of its pages could be read.
        RunLostError: another worker has the run, or it was stopped.
    """
    source = importer.run.source
    if source.is_crawled:
        return _read_pages(importer, source)
    files = list(SourceFile.objects.filter(source=source))
    if not files:
        raise NothingToImportError("There is no file to read; upload one first.")
    with one_child():
        return _read_files(importer, files)


def _read_files(importer: Importer, files: list[SourceFile]) -> ImportReport:
    """Read uploaded files one after the other; what a lost worker had read whole is not read again."""
    importer.steps = sum(file.read_in_id == importer.run.pk for file in files)
    while file := _next_file(importer):
        importer.tell(f"Reading {file.name}", total=importer.run.source.files.count())
        for item in read_named(Path(file.file.path), file.name):
            importer.take(item, file.name)
        SourceFile.objects.filter(pk=file.pk, updated_at=file.updated_at).update(read_in=importer.run)
        importer.steps += 1
    names = importer.run.source.files.filter(read_in=importer.run).values_list("name", flat=True)
    return importer.finish(complete=list(names))


def _next_file(importer: Importer) -> SourceFile | None:
    """Give a file that this run has not read, also one that was uploaded meanwhile."""
    return importer.run.source.files.exclude(read_in=importer.run).order_by("name").first()


def _read_pages(importer: Importer, source: Source) -> ImportReport:
    from knowledge.crawling.crawler import crawl

    importer.tell(f"Reading {source.start_url}")
    summary = CrawlSummary(is_complete=False, reason="Reading ended without a word.", seen=frozenset())

    def sleep(seconds: float) -> None:
        # A polite crawl waits often: the claim is kept meanwhile, and a stop is heard.
        importer.tell()
        time.sleep(seconds)

    gone: set[str] = set()
    for event in crawl(_settings(source), _known(source), sleep=sleep):
        if isinstance(event, CrawlSummary):
            summary = event
        elif isinstance(event, GonePage):
            gone.add(event.url)
        else:
            importer.tell()
            _take_page(importer, event)
    report = importer.report
    if report.total == report.failed and not summary.is_complete:
        raise SourceUnreadableError(summary.reason)
    if not summary.is_complete:
        report.warning = INCOMPLETE.format(reason=summary.reason)
    return importer.finish(complete=("",) if summary.is_complete else None, gone=gone)


def _take_page(importer: Importer, event: CrawlEvent) -> None:
    """Store what the crawl says of one page."""
    arrival = importer.arrival()
    if isinstance(event, CrawledPage):
        importer.take(
            ImportedDocument(
                external_id=event.url,
                title=event.title,
                body=event.body,
                language=event.language,
                content_hash=event.content_hash,
                etag=event.etag,
                last_modified=event.last_modified,
                links=event.links,
            )
        )
        importer.tell(f"Read {event.url}")
    elif isinstance(event, UnchangedPage):
        outcome = rows.confirm_document(
            event.url, arrival, etag=event.etag[:300], last_modified=event.last_modified[:100], links=event.links
        )
        importer.count(outcome, event.url)
    elif isinstance(event, FailedPage):
        importer.take(ImportFailure(event.url, event.reason))
    elif isinstance(event, SkippedPage):
        rows.skip_document(event.url, f"Left out: {event.reason}", arrival)


def _settings(source: Source) -> CrawlSettings:
    return CrawlSettings(
        address=source.start_url,
        include=source.includes,
        exclude=source.excludes,
        max_pages=source.max_pages,
        max_depth=source.max_depth,
        language=source.language,
    )


def _known(source: Source) -> dict[str, KnownPage]:
    """Give what is known of the pages that are stored; a page that failed or is gone is asked for anew."""
    found = SourceDocument.objects.filter(source=source, article__isnull=False).exclude(state=State.GONE)
    fields = ("external_id", "content_hash", "etag", "last_modified", "links")
    return {
        url: KnownPage(
            content_hash=digest,
            etag=etag,
            last_modified=modified,
            links=None if links is None else tuple(links),
        )
        for url, digest, etag, modified, links in found.values_list(*fields)
    }
