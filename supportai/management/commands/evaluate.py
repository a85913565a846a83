"""`manage.py evaluate`: measure the product's own components on folders of questions."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

Figures = dict[str, Any]


class Command(BaseCommand):
    help = (
        "Measure search (`evaluate retrieval DIR`) on corpus.jsonl and dev.jsonl, or fit the answerability model "
        "(`evaluate answerability DIR…`). Prints a table. Exit status 2 when a folder is malformed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("task", choices=sorted(TASKS), metavar="TASK", help=", ".join(sorted(TASKS)))
        parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
        parser.add_argument("--split", default="dev", help="Name of the questions' file, without .jsonl.")
        parser.add_argument("--json", type=Path, metavar="FILE", help="Also write one flat JSON object there.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with tqdm(desc=options["task"], unit=" questions", disable=options["verbosity"] == 0) as bar:
                figures = TASKS[options["task"]](options["folders"], options["split"], bar.update)
        except (OSError, ValueError, KeyError) as exc:
            raise CommandError(f"The folder cannot be used: {exc}", returncode=2) from exc
        width = max(len(name) for name in figures)
        for name, value in figures.items():
            self.stdout.write(f"{name:<{width}}  {'-' if value is None else value}")
        if options["json"]:
            options["json"].write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _retrieval(folders: list[Path], split: str, on_question: Callable[[int], object]) -> Figures:
    from knowledge import evaluation

    if len(folders) != 1:
        raise ValueError("give one folder")
    return evaluation.evaluate_retrieval(folders[0], split, on_question)


def _answerability(folders: list[Path], _split: str, on_question: Callable[[int], object]) -> Figures:
    from knowledge import evaluation

    outcomes = []
    for outcome in evaluation.answerability_outcomes(folders):
        outcomes.append(outcome)
        on_question(1)
    return evaluation.fit_answerability(outcomes)


TASKS: dict[str, Callable[[list[Path], str, Callable[[int], object]], Figures]] = {
    "answerability": _answerability,
    "retrieval": _retrieval,
}
