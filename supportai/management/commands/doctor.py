"""`manage.py doctor`: look whether everything that the product needs is there and moves."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from supportai.checkup import examine

WRONG = 1


class Command(BaseCommand):
    help = (
        "Check settings, database, migrations, queue, stuck events and runs, bindings, articles and document store. "
        "Exit status: 0 all well, 1 something is wrong."
    )
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print each finding on a line of its own, and leave with the exit status."""
        wrong = 0
        for finding in examine():
            mark = "WRONG" if finding.is_wrong else "ok"
            self.stdout.write(f"{mark:<6} {finding.subject:<11} {finding.text}")
            wrong += finding.is_wrong
        if wrong:
            self.stdout.write(f"\n{wrong} things need attention.")
            sys.exit(WRONG)
        self.stdout.write("\nAll is well.")
