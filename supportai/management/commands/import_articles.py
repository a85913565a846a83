"""`manage.py import_articles`: publish files as help center articles and make them searchable."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from knowledge.models import Article
from knowledge.readers import SUFFIXES, Read, find_files, read_documents
from knowledge.services import ingestion

SHOWN_FAILURES = 20


class Command(BaseCommand):
    help = (
        "Import articles from Markdown, text and HTML files or folders, and from JSON lines (id, title, text). "
        "Doing it again changes only what changed. Exit status: 0 all well, 1 some documents failed, 2 nothing to import."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="A file or a folder.")
        parser.add_argument("--source", default="", metavar="NAME", help="Name of the source; by default that of PATH.")
        parser.add_argument("--staff-only", action="store_true", help="Never show or quote these to customers.")
        parser.add_argument("--no-index", action="store_true", help="Leave indexing to the worker.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = [(file, path) for path in options["paths"] for file in _files(path)]
        if not found:
            kinds = ", ".join(sorted(SUFFIXES))
            raise CommandError(f"Nothing to import: no file ends in one of {kinds}.", returncode=2)
        with tqdm(desc="Reading", unit=" docs", disable=options["verbosity"] == 0) as bar:
            report = ingestion.import_documents(
                documents=_documents(found),
                source_name=options["source"] or options["paths"][0].resolve().stem or "Files",
                audience=Article.Audience.STAFF if options["staff_only"] else Article.Audience.PUBLIC,
                on_document=bar.update,
            )
        if not options["no_index"]:
            self._index(is_quiet=options["verbosity"] == 0)
        self._tell(report)

    def _index(self, *, is_quiet: bool) -> None:
        waiting = ingestion.waiting_articles().count()
        with tqdm(total=waiting, desc="Indexing", unit=" docs", disable=is_quiet) as bar:
            ingestion.index_waiting(on_batch=bar.update)

    def _tell(self, report: ingestion.ImportReport) -> None:
        for failure in report.failures[:SHOWN_FAILURES]:
            self.stderr.write(f"{failure.document}: {failure.reason}")
        hidden = len(report.failures) - SHOWN_FAILURES
        if hidden > 0:
            self.stderr.write(f"… and {hidden} more.")
        self.stdout.write(
            f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, "
            f"{len(report.failures)} failed."
        )
        if report.failures:
            raise CommandError("Some documents were not imported; the others are there.", returncode=1)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise CommandError(f"There is no file or folder {path}.", returncode=2)
    return find_files(path)


def _documents(found: list[tuple[Path, Path]]) -> Iterator[Read]:
    for file, root in found:
        yield from read_documents(file, root)
