"""`manage.py import_articles`: publish files as help center articles and make them searchable."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from knowledge.models import Article
from knowledge.readers import SUFFIXES, Read, find_files, holds_many, one_child, read_documents
from knowledge.services import importing, ingestion
from knowledge.services.losses import INSIDE
from supportai.core.errors import DomainError

SHOWN_FAILURES = 20
MAX_CONTAINER = 300


class Command(BaseCommand):
    help = (
        "Import articles from files or folders: Markdown, text, HTML, PDF, Word (.docx), CSV of questions and answers, "
        "JSON lines (id, title, text), and zip archives of these. Doing it again changes only what changed; a document "
        "that is gone from a folder or file given before is archived, unless most are gone. "
        "Exit status: 0 all well, 1 some documents failed, 2 nothing to import."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="A file or a folder.")
        parser.add_argument("--source", default="", metavar="NAME", help="Name of the source; by default that of PATH.")
        parser.add_argument("--staff-only", action="store_true", help="Never show or quote these to customers.")
        parser.add_argument("--no-index", action="store_true", help="Leave indexing to the worker.")
        parser.add_argument(
            "--prune",
            action="store_true",
            help="Archive every article of the source that is not in PATH now, however many these are.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = [(file, path) for path in options["paths"] for file in _files(path)]
        if not found:
            kinds = ", ".join(sorted(SUFFIXES))
            raise CommandError(f"Nothing to import: no file ends in one of {kinds}.", returncode=2)
        with tqdm(desc="Reading", unit=" docs", disable=options["verbosity"] == 0) as bar:
            try:
                report = importing.import_documents(
                    documents=_documents(found),
                    source_name=options["source"] or options["paths"][0].resolve().stem or "Files",
                    audience=Article.Audience.STAFF if options["staff_only"] else "",
                    complete=() if options["prune"] else sorted({_container(path) for path in options["paths"]}),
                    is_loss_accepted=options["prune"],
                    on_document=bar.update,
                )
            except DomainError as exc:
                raise CommandError(exc.message) from exc
        if not options["no_index"]:
            self._index(is_quiet=options["verbosity"] == 0)
        self._tell(report)

    def _index(self, *, is_quiet: bool) -> None:
        waiting = ingestion.waiting_articles().count()
        with tqdm(total=waiting, desc="Indexing", unit=" docs", disable=is_quiet) as bar:
            ingestion.index_waiting(on_batch=bar.update)

    def _tell(self, report: importing.ImportReport) -> None:
        for failure in report.failures[:SHOWN_FAILURES]:
            self.stderr.write(f"{failure.document}: {failure.reason}")
        hidden = report.failed - min(len(report.failures), SHOWN_FAILURES)
        if hidden > 0:
            self.stderr.write(f"… and {hidden} more; the admin lists all under Knowledge, Sources.")
        if report.warning:
            self.stderr.write(f"{report.warning} Or run this again with --prune.")
        more = [
            (report.kept, "kept as edited or archived here"),
            (report.archived, "archived because they are gone"),
        ]
        self.stdout.write(
            f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, {report.failed} failed"
            + "".join(f", {count} {what}" for count, what in more if count)
            + "."
        )
        if report.failed:
            raise CommandError("Some documents were not imported; the others are there.", returncode=1)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise CommandError(f"There is no file or folder {path}.", returncode=2)
    return find_files(path)


def _documents(found: list[tuple[Path, Path]]) -> Iterator[tuple[str, Read]]:
    """Read each file; a document comes with the folder or file that it was found in."""
    with one_child():
        for file, root in found:
            container = _container(root)
            if file != root and holds_many(file):
                container = f"{container}{INSIDE}{file.relative_to(root).as_posix()}"[:MAX_CONTAINER]
            for document in read_documents(file, root):
                yield container, document


def _container(path: Path) -> str:
    """Name what was given so that the same place is known again; of a long path the end tells most."""
    return path.resolve().as_posix()[-MAX_CONTAINER // 2 :]
