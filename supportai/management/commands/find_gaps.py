"""`manage.py find_gaps`: make gaps of the questions of past conversations that no article answers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from knowledge.models import Gap
from supportai.core.errors import DomainError
from tickets.services import gap_backfill

MOST_DAYS = 3650


class Command(BaseCommand):
    help = (
        "Look through past hand-offs and people's answers for questions that no article answers by now, and group them under "
        "Gaps. New ones are noted by themselves; this is for what came before. Doing it again adds nothing; after "
        "an interruption it goes on where it was. Exit status: 0 done, 1 the articles could not be asked."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=int, default=365, metavar="DAYS", help="How far to look back (365 days).")
        parser.add_argument("--restart", action="store_true", help="Begin anew after an interruption.")
        parser.add_argument("--dry-run", action="store_true", help="Only count what would be looked at.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not 0 < options["since"] <= MOST_DAYS:
            raise CommandError(f"--since takes days, from 1 to {MOST_DAYS}.", returncode=2)
        since = gap_backfill.since_days(options["since"])
        past = gap_backfill.past_questions(since=since)
        if options["dry_run"]:
            self.stdout.write(f"{len(past)} hand-offs and answers of people to look at. Nothing was changed.")
            return
        with tqdm(total=len(past), desc="Looking", unit=" questions", disable=options["verbosity"] == 0) as bar:
            try:
                tally = gap_backfill.note_past(past=past, since=since, go_on=not options["restart"], on_each=bar.update)
            except DomainError as exc:
                raise CommandError(f"{exc.message} What was found stays; run this again to go on.") from exc
        self.stdout.write(
            f"{tally.noted} questions noted, {tally.known} known before, {tally.nothing} answered by articles or not about "
            f"them. {Gap.objects.filter(state=Gap.State.OPEN).count()} gaps are open."
        )
