"""`manage.py evaluate`: measure the product's own components on folders of labelled rows."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

Figures = dict[str, Any]


class Command(BaseCommand):
    help = (
        "Measure the product on a folder of the forms in docs: `evaluate intents DIR`, `evaluate retrieval DIR`, "
        "`evaluate learning DIR`, `evaluate answers CORPUS QUESTIONS` with our own questions (--split dev, held or all); or "
        "fit the answerability model (`evaluate answerability DIR… CORPUS:QUESTIONS…`). Prints a table. "
        "Exit status 2 when a folder is malformed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("task", choices=sorted(TASKS), metavar="TASK", help=", ".join(sorted(TASKS)))
        parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
        parser.add_argument("--split", default="dev", help="Name of the questions' file, without .jsonl.")
        parser.add_argument(
            "--store",
            default="",
            choices=("sqlite", "elasticsearch"),
            help="Where passages are searched; without it where the product searches here. For retrieval and learning.",
        )
        parser.add_argument(
            "--ablate",
            action="store_true",
            help="For retrieval: change one part of search at a time, and give the figures of each way.",
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="Also write one flat JSON object there.")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with tqdm(desc=options["task"], unit=" rows", disable=options["verbosity"] == 0) as bar:
                job = Job(options["folders"], options["split"], options["store"], bar.update, options["ablate"])
                figures = TASKS[options["task"]](job)
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise CommandError(f"The folder cannot be used: {_why(exc)}", returncode=2) from exc
        width = max(len(name) for name in figures)
        for name, value in figures.items():
            self.stdout.write(f"{name:<{width}}  {'-' if value is None else value}")
        if options["json"]:
            options["json"].write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for on the command line; `on_row` is called with the number of rows done."""

    folders: list[Path]
    split: str
    store: str
    on_row: Callable[[int], object]
    is_ablation: bool = False

    @property
    def folder(self) -> Path:
        """Give the one folder of a task that takes one.

        Raises:
            ValueError: there are more.
        """
        if len(self.folders) != 1:
            raise ValueError("give one folder")
        return self.folders[0]


def _why(exc: Exception) -> str:
    return f"a row has no {exc}" if isinstance(exc, KeyError) else str(exc)


def _intents(job: Job) -> Figures:
    from tickets import evaluation

    return evaluation.evaluate_intents(job.folder, job.split, job.on_row)


def _retrieval(job: Job) -> Figures:
    from knowledge import ablation, evaluation

    if job.is_ablation:
        return ablation.ablate(job.folder, job.split, job.on_row, job.store)
    return evaluation.evaluate_retrieval(job.folder, job.split, job.on_row, job.store)


def _learning(job: Job) -> Figures:
    from knowledge import learning_apart
    from tickets.models import AgentConfiguration

    # The threshold that a lead has not touched; the live one is no part of a measurement.
    threshold = AgentConfiguration().answer_threshold
    return learning_apart.evaluate_learning(job.folder, job.split, job.on_row, job.store, threshold=threshold)


def _answerability(job: Job) -> Figures:
    from knowledge import answerability_fit

    examples = []
    for example in answerability_fit.examples_of([str(folder) for folder in job.folders], job.split):
        examples.append(example)
        job.on_row(1)
    fitted = answerability_fit.fit_answerability(examples)
    unseen = answerability_fit.across_sets(examples)
    return {**fitted, **{f"unseen_{name}": value for name, value in unseen.items()}}


def _answers(job: Job) -> Figures:
    from knowledge import answers_evaluation
    from tickets.models import AgentConfiguration

    if len(job.folders) != 2:  # noqa: PLR2004 - two
        raise ValueError("give the folder of the corpus and the file of questions")
    corpus, questions = job.folders
    threshold = AgentConfiguration().answer_threshold
    return answers_evaluation.evaluate_answers(corpus, questions, job.split, job.on_row, job.store, threshold=threshold)


TASKS: dict[str, Callable[[Job], Figures]] = {
    "answerability": _answerability,
    "answers": _answers,
    "intents": _intents,
    "learning": _learning,
    "retrieval": _retrieval,
}
