"""Fit the answerability model on development data: folders of the forms in docs, and our own questions about a corpus."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.answers_evaluation import corpus_rows, read_section_questions, section_outcomes
from knowledge.evaluation import FolderIndex, ask, auroc, coverage, read_questions, read_rows
from knowledge.services import answerability
from knowledge.stores import SQLITE

SEED = 7
TINY = 25
FEW_UNANSWERABLE = 0.2
ANSWER_KEPT = 0.5
ROBBED_SHARE = 0.5
# A feature that varies less is the same in all examples.
SAME = 1e-4
Table = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """What describes an answer, whether it was right, and the set it is of."""

    set_name: str
    features: dict[str, float]
    is_right: bool


def examples_of(sets: Sequence[str], split: str = "dev") -> Iterator[Example]:
    """Ask the questions of sets: `FOLDER` with corpus.jsonl and dev.jsonl, or `CORPUS:QUESTIONS` with our own questions."""
    for given in sets:
        corpus, _, questions = given.partition(":")
        found = _own(Path(corpus), Path(questions), split) if questions else _folder(Path(corpus))
        for features, is_right in found:
            if features:
                yield Example(given, features, is_right)


def _folder(folder: Path) -> Iterator[tuple[dict[str, float], bool]]:
    """Ask the development questions of a folder, over whole, tiny and robbed knowledge bases.

    A company may start with 25 articles, so each question is also asked with a random 25 documents only; and since
    some folders hold few unanswerable questions, each answerable one is there also asked with its answers taken away.
    """
    chance = random.Random(SEED)  # noqa: S311 - a repeatable draw, no secret
    # One model serves both stores, so it does not matter which one finds the passages.
    with FolderIndex(read_rows(folder / "corpus.jsonl"), SQLITE) as index:
        questions = [q for q in read_questions(folder / "dev.jsonl") if q.is_answerable is not None]
        is_robbed = sum(not q.is_answerable for q in questions) < FEW_UNANSWERABLE * len(questions)
        for question in questions:
            small = set(chance.sample(index.ids, min(TINY, len(index.ids)))) | (
                set(question.answer_ids) if chance.random() < ANSWER_KEPT else set()
            )
            hidden: list[Sequence[str]] = [(), [id_ for id_ in index.ids if id_ not in small]]
            if is_robbed and question.answer_ids:
                hidden.append(tuple(question.answer_ids))
            for without in hidden:
                outcome = ask(index, question, without)
                yield outcome.answer.features, outcome.is_right


def _own(corpus: Path, path: Path, split: str) -> Iterator[tuple[dict[str, float], bool]]:
    """Ask our own questions, and half of those that can be answered again with their documents taken away."""
    questions = read_section_questions(path, split)
    chance = random.Random(SEED)  # noqa: S311 - a repeatable draw, no secret
    robbed = [question for question in questions if question.places and chance.random() < ROBBED_SHARE]
    with FolderIndex(corpus_rows(corpus), SQLITE) as index:
        for outcome in section_outcomes(index, questions, lambda _question, _id: False):
            yield outcome.answer.features, outcome.is_right
        for outcome in section_outcomes(
            index, robbed, lambda question, id_: any(id_.startswith(p.partition("#")[0]) for p in question.places)
        ):
            yield outcome.answer.features, False


def fit_answerability(examples: Sequence[Example], version: int = 0) -> dict[str, Any]:
    """Fit the logistic model of `services/answerability.py` and give what its JSON file holds.

    Each set counts the same, and so do right and wrong in it: how many questions can be answered differs between
    companies. A feature that the data give the wrong sign, such as making missing words a good thing, gets no weight.
    Without a `version` it is the one after the model in use.
    """
    names = answerability.FEATURES
    table, right, weights_of = _table(examples)
    means, scales = table.mean(axis=0), table.std(axis=0)
    scales[scales < SAME] = 1.0
    signs = np.array([answerability.SIGNS[name] for name in names])
    weights, intercept = _fit_with_signs((table - means) / scales, right, weights_of, signs)
    sets = sorted({Path(example.set_name.partition(":")[0]).name for example in examples})
    return {
        "made_by": f"python manage.py evaluate answerability ({', '.join(sets)})",
        "version": version or answerability.model_version() + 1,
        "rows": len(right),
        "share_right": round(float(right.mean()), 4),
        "intercept": round(intercept, 5),
        "weights": _named(names, weights),
        "means": _named(names, means),
        "scales": _named(names, scales),
    }


def across_sets(examples: Sequence[Example]) -> dict[str, float | None]:
    """Fit without one set at a time and measure on it: what an unknown knowledge base may expect."""
    figures: dict[str, float | None] = {}
    for name in sorted({example.set_name for example in examples}):
        others = [example for example in examples if example.set_name != name]
        if not others:
            continue
        model = fit_answerability(others)
        table, right, _weights = _table([example for example in examples if example.set_name == name])
        weights, means, scales = (
            np.array([model[part][feature] for feature in answerability.FEATURES])
            for part in ("weights", "means", "scales")
        )
        chances = 1 / (1 + np.exp(-(model["intercept"] + (table - means) / scales @ weights)))
        short = Path(name.partition(":")[0]).name
        figures[f"{short}_auroc"] = auroc(chances, right)
        figures[f"{short}_coverage_at_95_right"] = coverage(chances, right, 0.95)
    return figures


def _table(examples: Sequence[Example]) -> tuple[Table, Table, Table]:
    """Give the features, what was right, and how much each row counts."""
    names = answerability.FEATURES
    table = np.array([[example.features[name] for name in names] for example in examples])
    right = np.array([example.is_right for example in examples], dtype=bool)
    kinds = [(example.set_name, example.is_right) for example in examples]
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    return table, right, np.array([len(kinds) / len(counts) / counts[kind] for kind in kinds])


def _fit_with_signs(table: Table, right: Table, counts: Table, signs: Table) -> tuple[Table, float]:
    """Fit a logistic regression, leaving out features until all weights have their sign; give weights, intercept."""
    from sklearn.linear_model import LogisticRegression

    used = np.ones(len(signs), dtype=bool)
    weights = np.zeros(len(signs))
    while True:
        model = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000)
        model.fit(table[:, used], right, sample_weight=counts)
        weights[:] = 0.0
        weights[used] = model.coef_[0]
        wrong = weights * signs < 0
        if not wrong.any():
            return weights, float(model.intercept_[0])
        used[int(np.argmax(np.abs(weights) * wrong))] = False


def _named(names: Sequence[str], values: Sequence[float] | Table) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in zip(names, values, strict=True)}
