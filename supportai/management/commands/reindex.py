"""`manage.py reindex`: rebuild the document store from the passages in the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from knowledge.models import Article
from knowledge.services import rebuilding
from supportai.core.errors import DomainError


class Command(BaseCommand):
    help = "Write every published passage to the document store again and remove all else; searches go on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--split", action="store_true", help="Cut the articles into passages anew first.")

    def handle(self, *args: Any, **options: Any) -> None:
        total = Article.objects.filter(state=Article.State.PUBLISHED).count()
        with tqdm(total=total, desc="Indexing", unit=" articles", disable=options["verbosity"] == 0) as bar:
            try:
                passages = rebuilding.rebuild_store(on_batch=bar.update, is_split_again=options["split"])
            except DomainError as exc:
                raise CommandError(f"Nothing was changed: {exc.message}") from exc
        self.stdout.write(
            f"{passages} passages of {total} articles are in the document store, each checked against the database."
        )
