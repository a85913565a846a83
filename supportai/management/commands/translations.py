"""`manage.py translations`: keep the help center's catalogues in step with what its pages say."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from knowledge import translations


class Command(BaseCommand):
    help = (
        "Bring knowledge/locale/*/LC_MESSAGES/django.po up to date with the help center's pages and compile them; then "
        "translate what is listed and run it again. With --check nothing is changed, and exit status 1 says that "
        "something is missing or not compiled. It needs polib, which `make lint` installs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only tell what is wrong.")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["check"]:
            found = translations.problems()
            if found:
                raise CommandError("\n".join(found))
            self.stdout.write("Every text of the help center is translated and compiled.")
            return
        for language, waiting in translations.bring_up_to_date().items():
            self.stdout.write(f"{language}: {len(waiting)} to translate" + "".join(f"\n  {text}" for text in waiting))
