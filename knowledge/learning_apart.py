"""Run the evaluation of learning in a child process with a throw-away database and document store.

`python -m knowledge.learning_apart FOLDER SPLIT THRESHOLD` is that child; it writes one JSON object a line: `{"asked": n}` for
progress, `{"figures": {…}}` at the end.
"""

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO

import django
from django.conf import settings

PROJECT = Path(__file__).resolve().parents[1]
CHILD = (sys.executable, "-m", "knowledge.learning_apart")
# What the machine says about its own shape is none of the child's business.
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "TMPDIR",
    "ELASTIC_API_KEY",
    "ELASTIC_API_KEY_ID",
)
KEPT_PREFIXES = ("OMP_", "OPENBLAS_")


class EvaluationError(Exception):
    """The child process failed; the message has its last lines."""


def evaluate_learning(
    folder: Path,
    split: str = "dev",
    on_question: Callable[[int], object] = lambda _count: None,
    store: str = "",
    *,
    threshold: float,
) -> dict[str, float | None]:
    """Learn from a stream of questions, starting empty; give coverage at 98 % correct along the way.

    `store` is "sqlite" or "elasticsearch", empty for the one that the product uses here; `threshold` is how sure the
    product must be to answer by itself. Nothing of the live data is touched.

    Raises:
        ValueError: a file is malformed, or there is no such store.
        KeyError: a row lacks a field.
        EvaluationError: the child process broke.
    """
    from knowledge.learning_evaluation import read_course
    from knowledge.stores import kind_for

    kind = kind_for(store)
    read_course(folder, split)
    with tempfile.TemporaryDirectory(prefix="supportai-learning-") as data_dir, tempfile.TemporaryFile("w+") as errors:
        command = [*CHILD, str(folder.resolve()), split, str(threshold)]
        child = subprocess.Popen(  # noqa: S603 - our own module; the arguments are those of a management command
            command, env=_environment(data_dir, kind), cwd=PROJECT, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        with child:
            figures = _follow(child, on_question)
        if child.returncode or not figures:
            errors.seek(0)
            raise EvaluationError("The evaluation broke:\n" + errors.read()[-3000:])
    return figures


def _follow(child: "subprocess.Popen[str]", on_question: Callable[[int], object]) -> dict[str, float | None]:
    """Pass progress on until the child ends; give the figures, empty when it broke."""
    assert child.stdout is not None
    figures: dict[str, float | None] = {}
    for line in child.stdout:
        told = json.loads(line)
        figures = told.get("figures", figures)
        on_question(told.get("asked", 0))
    return figures


def _environment(data_dir: str, kind: str) -> dict[str, str]:
    from knowledge.stores import ELASTICSEARCH

    kept = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "supportai.settings.evaluation",
        "DATA_DIR": data_dir,
        "LOG_LEVEL": "ERROR",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "EVALUATION_ELASTICSEARCH_URL": settings.ELASTICSEARCH_URL if kind == ELASTICSEARCH else "",
        "SUPPORTAI_ELASTICSEARCH_PREFIX": f"{settings.ELASTICSEARCH_PREFIX}-learning-{uuid.uuid4().hex[:8]}",
    }


def main(folder: str, split: str, threshold: str, out: IO[str]) -> None:
    """Make the database, play the course, take the document store away."""
    from django.core.management import call_command

    from knowledge.learning_evaluation import play, read_course
    from knowledge.stores import document_store

    def tell(**told: object) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    call_command("migrate", verbosity=0)
    try:
        figures = play(read_course(Path(folder), split), float(threshold), lambda count: tell(asked=count))
    finally:
        document_store().drop()
    tell(figures=figures)


if __name__ == "__main__":
    django.setup()
    # Whatever the product prints must not get between the lines of the protocol.
    protocol, sys.stdout = sys.stdout, sys.stderr
    main(sys.argv[1], sys.argv[2], sys.argv[3], protocol)
