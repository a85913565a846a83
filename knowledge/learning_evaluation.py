"""Measure how an empty knowledge base learns from the answers that people give, with the product's own learning path.

The forms are those of `evaluation`. Here everything happens in the database and the document store of this process;
`learning_apart` gives it throw-away ones.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from knowledge.evaluation import Row, read_rows
from knowledge.services import ingestion, learning
from knowledge.services.answers import compose
from knowledge.services.reading import AROUND
from knowledge.services.search import search
from supportai.core.actors import SYSTEM
from supportai.core.errors import InvalidInputError

SEED = 7
POINTS = (0, 10, 25, 50, 75, 100)
CORRECT = 0.98
# DESIGN section 6, `learning`: each measured unanswerable row weighs that much of an answerable one.
UNANSWERABLE_WEIGHT = 0.5

Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the customer's earlier messages and the ids of documents that answer it, the person's first."""

    text: str
    history: tuple[str, ...]
    answer_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What is asked: a stream to learn from, questions that measure, and the texts that people answer with."""

    stream: tuple[Asked, ...]
    measured: tuple[Asked, ...]
    answers: dict[str, str]

    @property
    def questions(self) -> int:
        """Count the questions asked in all."""
        return len(self.stream) + len(POINTS) * len(self.measured)


def read_course(folder: Path, split: str = "dev") -> Course:
    """Divide a retrieval folder: of each answer half of the questions teach, the others and the unanswerable measure.

    The odd question of an answer teaches. The same folder always gives the same course.

    Raises:
        ValueError: a file is malformed, or a question names a document that is not there.
        KeyError: a row lacks a field.
    """
    answers = {str(row["id"]): str(row["text"]) for row in read_rows(folder / "corpus.jsonl")}
    by_answer: dict[str, list[Asked]] = defaultdict(list)
    unanswerable = []
    for row in read_rows(folder / f"{split}.jsonl"):
        asked = _asked(row)
        if row.get("answerable") is False:
            unanswerable.append(Asked(asked.text, asked.history, ()))
        elif row.get("answerable") and asked.answer_ids:
            by_answer[asked.answer_ids[0]].append(asked)
    missing = sorted(set(by_answer) - set(answers))
    if missing:
        raise ValueError(f"{split}.jsonl names {missing[0]}, which corpus.jsonl does not have")
    stream, held = _divide(by_answer)
    return Course(stream, (*held, *unanswerable), answers)


def _asked(row: Row) -> Asked:
    history = tuple(str(turn["text"]) for turn in row.get("history") or () if turn["role"] == "user")
    return Asked(str(row["query"]), history, tuple(map(str, row.get("answer_ids") or ())))


def _divide(by_answer: dict[str, list[Asked]]) -> tuple[tuple[Asked, ...], tuple[Asked, ...]]:
    chance = random.Random(SEED)  # noqa: S311 - a repeatable draw, no secret
    stream, held = [], []
    for answer in sorted(by_answer):
        questions = list(by_answer[answer])
        chance.shuffle(questions)
        half = (len(questions) + 1) // 2
        stream += questions[:half]
        held += questions[half:]
    chance.shuffle(stream)
    return tuple(stream), tuple(held)


@dataclass(slots=True, kw_only=True)
class Learner:
    """The product as it learns; `ids` says which document's text each learned article came from."""

    answers: dict[str, str]
    threshold: float
    ids: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    asked: int = 0

    def ask(self, question: Asked) -> tuple[float, bool]:
        """Give how sure the product is of its answer, and whether the article on top is a right one."""
        found = search(query=question.text, history=question.history, limit=AROUND)
        answer = compose(question=question.text, passages=found, history=question.history)
        is_right = bool(found) and not self.ids[found[0].article_id].isdisjoint(question.answer_ids)
        return answer.probability, is_right

    def live_through(self, question: Asked) -> None:
        """Answer a question of the stream, or learn what a person answers."""
        self.asked += 1
        probability, is_right = self.ask(question)
        if is_right and probability >= self.threshold:
            return
        try:
            suggestion = learning.observe(
                question=question.text,
                answer=self.answers[question.answer_ids[0]],
                origin=f"evaluation:{self.asked}",
            )
        except InvalidInputError:
            return
        if suggestion.is_undecided:
            suggestion.article = learning.approve(suggestion_id=suggestion.pk, actor=SYSTEM)
        if suggestion.article_id is not None:
            self.ids[suggestion.article_id].add(question.answer_ids[0])
        ingestion.index_waiting()


def play(course: Course, threshold: float, on_question: Callable[[int], object] = lambda _count: None) -> Figures:
    """Go through a course with what this process's knowledge base holds; give the figures of DESIGN section 6.

    :param threshold: how sure the product must be to answer by itself.
    """
    learner = Learner(answers=course.answers, threshold=threshold)
    figures: Figures = {}
    for percent in POINTS:
        for question in course.stream[learner.asked : round(len(course.stream) * percent / 100)]:
            learner.live_through(question)
            on_question(1)
        figures[f"coverage_at_98_correct_at_{percent}"] = _measure(learner, course.measured, on_question)
    return figures


def _measure(learner: Learner, measured: Iterable[Asked], on_question: Callable[[int], object]) -> float | None:
    scores, right, weights = [], [], []
    for question in measured:
        probability, is_right = learner.ask(question)
        scores.append(probability)
        right.append(is_right)
        weights.append(1.0 if question.answer_ids else UNANSWERABLE_WEIGHT)
        on_question(1)
    return weighted_coverage(scores, right, weights, CORRECT)


def weighted_coverage(
    scores: Sequence[float], right: Sequence[bool], weights: Sequence[float], share: float
) -> float | None:
    """Give the largest part of all weight that can be answered, best first, while that share of it is right.

    Equal scores are answered together, since no threshold parts them, and a score of 0 is no answer. None without rows.
    """
    if not scores:
        return None
    order = np.argsort(-np.array(scores), kind="stable")
    ordered, weight = np.array(scores)[order], np.array(weights)[order]
    answered = np.cumsum(weight)
    correct = np.cumsum(weight * np.array(right)[order]) / answered
    is_last = np.append(ordered[1:] < ordered[:-1], [True])
    enough = np.flatnonzero((correct >= share) & is_last & (ordered > 0))
    return round(float(answered[enough[-1]] / answered[-1]), 4) if len(enough) else 0.0
