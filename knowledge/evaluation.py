"""Measure search and answerability on folders of questions, with the product's own components.

The forms are those of `evals/README.md`: corpus.jsonl (id, title, text) and dev.jsonl (query, history, answer_ids,
answerable), one JSON object a line.
"""

import json
import random
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from knowledge.readers import first_words
from knowledge.services.answers import ExtractedAnswer, compose
from knowledge.services.reading import AROUND
from knowledge.services.search import FoundPassage
from knowledge.stores import ELASTICSEARCH, document_store, kind_for, place_of

Row = dict[str, Any]
BATCH = 64
TOP = 10
CANDIDATES = 100
# So many answerable questions, half of them at most, are also asked with what answers them taken away.
ROBBED = 75
ROBBED_SEED = 7


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
    :param ingest: Settings of `IngestSettings` that differ from the product's.
    """

    def __init__(self, corpus: Sequence[Row], kind: str = "", ingest: Row | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="supportai-evaluate-")
        self._kind = kind_for(kind)
        self._path = self._place()
        self._ingest_changes = ingest or {}
        # Settings of `RetrievalSettings` that differ from the product's.
        self.changes: Row = {}
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
        settings = IngestSettings(store_kind=self._kind, store_path=self._path, **self._ingest_changes)
        ingest_pipeline(settings).run({"splitter": {"documents": documents}})

    def find(self, question: Question) -> list[FoundPassage]:
        """Search as the product does."""
        from knowledge.pipelines.retrieve import RetrievalSettings, find

        settings = RetrievalSettings(
            store_kind=self._kind, store_path=self._path, candidates=CANDIDATES, kept=CANDIDATES, **self.changes
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
    answer = compose(question=question.text, passages=found[:AROUND], history=question.history)
    kept = replace(question, answer_ids=question.answer_ids - hidden)
    return Outcome(kept, documents, answer)


def ask_robbed(index: FolderIndex, question: Question) -> Outcome:
    """Answer one question as if what answers it were not in the corpus."""
    outcome = ask(index, question, question.answer_ids)
    return replace(outcome, question=replace(outcome.question, is_answerable=False))


def drawn_to_rob(questions: Sequence[Question]) -> frozenset[int]:
    """Draw the places of the questions whose documents are taken away, the same ones each time."""
    places = [place for place, question in enumerate(questions) if question.is_answerable and question.answer_ids]
    chance = random.Random(ROBBED_SEED)  # noqa: S311 - a repeatable draw, no secret
    return frozenset(chance.sample(places, min(ROBBED, len(places) // 2)))


def evaluate_retrieval(
    folder: Path,
    split: str = "dev",
    on_question: Callable[[int], object] = lambda _count: None,
    store: str = "",
) -> dict[str, float | None]:
    """Index corpus.jsonl, ask {split}.jsonl, and give the figures of DESIGN section 6.

    `robbed_abstention_auroc` is abstention with the right documents of 75 drawn questions taken away: what is left are
    their nearest neighbours, and a set may have few unanswerable questions of its own.

    `store` is "sqlite" or "elasticsearch", empty for the one that the product uses here; the corpus gets an index of
    its own, which is removed in the end.

    Raises:
        ValueError: a file is malformed, or there is no such store.
    """
    corpus = read_rows(folder / "corpus.jsonl")
    questions = read_questions(folder / f"{split}.jsonl")
    outcomes, with_robbed, milliseconds = [], [], []
    with FolderIndex(corpus, store) as index:
        robbed = drawn_to_rob(questions)
        for place, question in enumerate(questions):
            started = time.monotonic()
            outcomes.append(ask(index, question))
            milliseconds.append((time.monotonic() - started) * 1000)
            with_robbed.append(ask_robbed(index, question) if place in robbed else outcomes[-1])
            on_question(1)
    return {
        **figures_of(outcomes),
        "robbed_abstention_auroc": _abstention(with_robbed)["abstention_auroc"],
        "index_docs_per_second": round(len(corpus) / index.seconds, 1),
        "query_ms_p50": round(float(np.percentile(milliseconds, 50)), 1),
        "query_ms_p95": round(float(np.percentile(milliseconds, 95)), 1),
    }


def figures_of(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """Give the figures that hang on what was found and how sure the product was."""
    return {**_ranking(outcomes), **_abstention(outcomes)}


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
