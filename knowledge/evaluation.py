"""Measure search and answerability on folders of questions, with the product's own components.

The forms are those of `evals/README.md`: corpus.jsonl (id, title, text) and dev.jsonl (query, history, answer_ids,
answerable), one JSON object a line.
"""

import json
import random
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from knowledge.readers import first_words
from knowledge.services import answerability
from knowledge.services.answers import ExtractedAnswer, compose
from knowledge.services.search import FoundPassage
from knowledge.stores import ELASTICSEARCH, SQLITE, document_store, kind_for, place_of

Row = dict[str, Any]
BATCH = 64
TOP = 10
READ = 8
SEED = 7
CANDIDATES = 100
TINY = 25
FEW_UNANSWERABLE = 0.2
ANSWER_KEPT = 0.5
# What each of `answerability.FEATURES` has to mean: more of it makes an answer more likely, or less.
SIGNS = (1, 1, 1, 1, -1, 1)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a folder; `is_answerable` is None where it must not count for abstention."""

    text: str
    history: tuple[str, ...]
    answer_ids: frozenset[str]
    is_answerable: bool | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the product did with a question: documents, best first, and its answer."""

    question: Question
    documents: tuple[str, ...]
    answer: ExtractedAnswer

    @property
    def is_right(self) -> bool:
        """Tell whether the document that is quoted answers the question."""
        quoted = self.answer.sentences[0].passage.slug if self.answer.sentences else ""
        return quoted in self.question.answer_ids


class FolderIndex:
    """A corpus in a document store of its own; a passage's slug is its document's id.

    Leave it as a context manager, so that nothing stays behind.

    :param kind: "sqlite" or "elasticsearch"; empty for the kind that the product uses here.
    """

    def __init__(self, corpus: Sequence[Row], kind: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="supportai-evaluate-")
        self._kind = kind_for(kind)
        self._path = self._place()
        self.ids = [str(row["id"]) for row in corpus]
        started = time.monotonic()
        for start in range(0, len(corpus), BATCH):
            self._ingest(corpus[start : start + BATCH], start)
        self.seconds = time.monotonic() - started

    def _place(self) -> str:
        if self._kind == ELASTICSEARCH:
            return place_of(ELASTICSEARCH, f"evaluate-{uuid.uuid4().hex[:8]}")
        return str(Path(self._folder.name) / "passages.sqlite3")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        """Remove the store."""
        document_store(self._path, kind=self._kind).drop()
        self._folder.cleanup()

    def _ingest(self, rows: Sequence[Row], first: int) -> None:
        from haystack import Document

        from knowledge.pipelines.ingest import IngestSettings, ingest_pipeline

        documents = [
            Document(
                id=str(row["id"]),
                content=str(row["text"]),
                meta={"article": first + place, "title": row.get("title") or first_words(str(row["text"]))},
            )
            for place, row in enumerate(rows)
        ]
        settings = IngestSettings(store_kind=self._kind, store_path=self._path)
        ingest_pipeline(settings).run({"splitter": {"documents": documents}})

    def find(self, question: Question) -> list[FoundPassage]:
        """Search as the product does."""
        from knowledge.pipelines.retrieve import RetrievalSettings, find

        settings = RetrievalSettings(
            store_kind=self._kind, store_path=self._path, candidates=CANDIDATES, kept=CANDIDATES
        )
        found = find(query=question.text, history=question.history, filters=None, settings=settings)
        return [self._passage(place, document) for place, document in enumerate(found)]

    def _passage(self, place: int, document: Any) -> FoundPassage:
        meta = document.meta
        return FoundPassage(
            passage_id=place,
            revision_id=meta["article"],
            article_id=meta["article"],
            slug=self.ids[meta["article"]],
            title=meta["title"],
            heading=meta["heading"],
            body=document.content,
            start=meta["start"],
            end=meta["end"],
            score=document.score,
            dense=meta["dense"],
            lexical=meta["lexical"],
            origin="article",
        )


def read_rows(path: Path) -> list[Row]:
    """Read one JSON object a line, split at line feeds only.

    Raises:
        ValueError: a line is no JSON object; the message names it.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(dict(json.loads(line)))
        except (TypeError, ValueError) as exc:
            raise ValueError(f"{path.name}, line {number}: {exc}") from exc
    return rows


def read_questions(path: Path) -> list[Question]:
    """Read a split of a folder."""
    return [
        Question(
            text=row["query"],
            history=tuple(turn["text"] for turn in row.get("history") or () if turn["role"] == "user"),
            answer_ids=frozenset(map(str, row.get("answer_ids") or ())),
            is_answerable=row.get("answerable"),
        )
        for row in read_rows(path)
    ]


def ask(index: FolderIndex, question: Question, without: Iterable[str] = ()) -> Outcome:
    """Answer one question from the corpus, as if some documents were not in it."""
    hidden = set(without)
    found = [passage for passage in index.find(question) if passage.slug not in hidden]
    documents = tuple(dict.fromkeys(passage.slug for passage in found))
    answer = compose(question=question.text, passages=found[:READ], history=question.history)
    kept = replace(question, answer_ids=question.answer_ids - hidden)
    return Outcome(kept, documents, answer)


def evaluate_retrieval(
    folder: Path,
    split: str = "dev",
    on_question: Callable[[int], object] = lambda _count: None,
    store: str = "",
) -> dict[str, float | None]:
    """Index corpus.jsonl, ask {split}.jsonl, and give the figures of DESIGN section 6.

    `store` is "sqlite" or "elasticsearch", empty for the one that the product uses here; the corpus gets an index of
    its own, which is removed in the end.

    Raises:
        ValueError: a file is malformed, or there is no such store.
    """
    corpus = read_rows(folder / "corpus.jsonl")
    outcomes, milliseconds = [], []
    with FolderIndex(corpus, store) as index:
        for question in read_questions(folder / f"{split}.jsonl"):
            started = time.monotonic()
            outcomes.append(ask(index, question))
            milliseconds.append((time.monotonic() - started) * 1000)
            on_question(1)
    return {
        **_ranking(outcomes),
        **_abstention(outcomes),
        "index_docs_per_second": round(len(corpus) / index.seconds, 1),
        "query_ms_p50": round(float(np.percentile(milliseconds, 50)), 1),
        "query_ms_p95": round(float(np.percentile(milliseconds, 95)), 1),
    }


def _ranking(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    rows = [outcome for outcome in outcomes if outcome.question.answer_ids]
    hits = [[document in row.question.answer_ids for document in row.documents[:TOP]] for row in rows]
    figures: dict[str, float | None] = {f"recall_at_{k}": _mean(any(row[:k]) for row in hits) for k in (1, 3, 5, TOP)}
    figures["all_recall_at_10"] = _mean(
        sum(hit) / len(row.question.answer_ids) for hit, row in zip(hits, rows, strict=True)
    )
    figures["mrr"] = _mean(next((1 / place for place, hit in enumerate(row, 1) if hit), 0.0) for row in hits)
    figures["ndcg_at_10"] = _mean(_ndcg(hit, len(row.question.answer_ids)) for hit, row in zip(hits, rows, strict=True))
    return figures


def _ndcg(hits: Sequence[bool], wanted: int) -> float:
    gain = sum(1 / np.log2(place + 1) for place, hit in enumerate(hits, 1) if hit)
    best = sum(1 / np.log2(place + 1) for place in range(1, min(wanted, TOP) + 1))
    return float(gain / best)


def _abstention(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    rows = [outcome for outcome in outcomes if outcome.question.is_answerable is not None]
    scores = np.array([row.answer.probability for row in rows])
    labels = np.array([bool(row.question.is_answerable) for row in rows])
    right = np.array([_top_is_right(row) for row in rows])
    return {
        "abstention_auroc": auroc(scores, labels),
        "coverage_at_90_correct": coverage(scores, right, 0.90),
        "coverage_at_98_correct": coverage(scores, right, 0.98),
    }


def _top_is_right(outcome: Outcome) -> bool:
    return bool(outcome.documents) and outcome.documents[0] in outcome.question.answer_ids


def auroc(scores: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float | None:
    """Give the chance that a positive scores above a negative, ties counting half; None without both kinds."""
    positive, negative = scores[labels], scores[~labels]
    if not len(positive) or not len(negative):
        return None
    above = (positive[:, None] > negative[None, :]).mean()
    ties = (positive[:, None] == negative[None, :]).mean()
    return round(float(above + ties / 2), 4)


def coverage(scores: np.ndarray[Any, Any], right: np.ndarray[Any, Any], share: float) -> float | None:
    """Give the largest share of rows that can be answered, best first, while that share of answers is right."""
    if not len(scores):
        return None
    order = np.argsort(-scores, kind="stable")
    correct = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(correct >= share)
    return round(float((enough[-1] + 1) / len(order)), 4) if len(enough) else 0.0


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(float(np.mean(found)), 4) if found else None


def answerability_outcomes(folders: Sequence[Path]) -> Iterator[Outcome]:
    """Ask the development questions of folders, over whole, tiny and robbed knowledge bases.

    A company may start with 25 articles, so each question is also asked with a random 25 documents only; and since
    some folders hold few unanswerable questions, each answerable one is there also asked with its answers taken away.
    """
    chance = random.Random(SEED)  # noqa: S311 - a repeatable draw, no secret
    for folder in folders:
        # One model serves both stores, so it does not matter which one finds the passages.
        with FolderIndex(read_rows(folder / "corpus.jsonl"), SQLITE) as index:
            questions = [q for q in read_questions(folder / "dev.jsonl") if q.is_answerable is not None]
            is_robbed = sum(not q.is_answerable for q in questions) < FEW_UNANSWERABLE * len(questions)
            for question in questions:
                yield ask(index, question)
                small = set(chance.sample(index.ids, min(TINY, len(index.ids)))) | (
                    set(question.answer_ids) if chance.random() < ANSWER_KEPT else set()
                )
                yield ask(index, question, without=[id_ for id_ in index.ids if id_ not in small])
                if is_robbed and question.answer_ids:
                    yield ask(index, question, without=question.answer_ids)


def fit_answerability(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Fit the logistic model of `services/answerability.py` and give what its JSON file holds.

    Both outcomes weigh the same, since how many questions can be answered differs between companies. A feature that
    these data give the wrong sign, such as making missing words a good thing, gets no weight.
    """
    names = answerability.FEATURES
    outcomes = [outcome for outcome in outcomes if outcome.answer.features]
    table = np.array([[outcome.answer.features[name] for name in names] for outcome in outcomes])
    right = np.array([outcome.is_right for outcome in outcomes])
    means, scales = table.mean(axis=0), table.std(axis=0) + 1e-9
    weights, intercept = _fit_with_signs((table - means) / scales, right, np.array(SIGNS))
    return {
        "made_by": "python manage.py evaluate answerability stackfaq mtrag --json knowledge/services/answerability.json",
        "rows": len(right),
        "share_right": round(float(right.mean()), 4),
        "intercept": round(intercept, 5),
        "weights": _named(names, weights),
        "means": _named(names, means),
        "scales": _named(names, scales),
    }


def _fit_with_signs(
    table: np.ndarray[Any, Any], right: np.ndarray[Any, Any], signs: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], float]:
    """Fit a logistic regression, leaving out features until all weights have their sign; give weights, intercept."""
    from sklearn.linear_model import LogisticRegression

    used = np.ones(len(signs), dtype=bool)
    weights = np.zeros(len(signs))
    while True:
        model = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000, class_weight="balanced")
        model.fit(table[:, used], right)
        weights[:] = 0.0
        weights[used] = model.coef_[0]
        wrong = weights * signs < 0
        if not wrong.any():
            return weights, float(model.intercept_[0])
        used[int(np.argmax(np.abs(weights) * wrong))] = False


def _named(names: Sequence[str], values: Sequence[float] | np.ndarray[Any, Any]) -> dict[str, float]:
    return {name: round(float(value), 5) for name, value in zip(names, values, strict=True)}
