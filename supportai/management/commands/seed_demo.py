"""`manage.py seed_demo`: load the demo company; what is there already stays as it is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from integrations.services.sandbox import ensure_sandbox
from knowledge.services import ingestion
from supportai.demo import articles, company
from supportai.demo.configuration import load_configuration


class Command(BaseCommand):
    help = (
        "Load the made-up company Fernway: staff, brand, customers with sandbox data, help articles, intents and "
        "procedures, a few earlier conversations. Doing it again adds only what is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what may be left out."""
        parser.add_argument("--no-conversations", action="store_true", help="leave the inbox empty")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Seed in the order in which things need each other, and say what was made."""
        is_quiet = options["verbosity"] == 0
        made = load_configuration()
        ensure_sandbox()
        brand = company.ensure_brand()
        staff = company.ensure_staff()
        customers = company.ensure_customers(brand)
        rows = company.fill_sandbox()
        self._tell("intents, procedures and teams", sum(made.values()))
        self._tell("staff logins", staff)
        self._tell("rows of customers' charges, accounts, orders", rows)
        self._load_articles(is_quiet=is_quiet)
        if not options["no_conversations"]:
            # Imported only here: it pulls in the AI agent.
            from supportai.demo.conversations import play_conversations

            self._tell("earlier conversations", play_conversations(brand))
        self.stdout.write(f"The demo company is ready: {len(customers)} customers can sign in on the demo page.")

    def _load_articles(self, *, is_quiet: bool) -> None:
        # Each is stored and then indexed, which takes most of the time.
        total = 2 * len(list(articles.FOLDER.glob("*.md")))
        with tqdm(total=total, desc="Help articles", unit="", disable=is_quiet) as bar:
            report = articles.load_articles(on_article=bar.update, on_batch=bar.update)
            bar.update(total - bar.n)
        self._tell("help articles", report.created + report.updated)
        self._tell("help articles that could not be loaded", len(report.failures))
        if left := ingestion.waiting_articles().count():
            self.stdout.write(f"{left} articles are left to the worker for indexing.")

    def _tell(self, what: str, count: int) -> None:
        if count:
            self.stdout.write(f"  {count:3} {what}")
