"""What each part of search is worth: the figures of `evaluate retrieval` with one part changed at a time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from knowledge.evaluation import FolderIndex, Question, Row, ask, figures_of, read_questions, read_rows

KEPT = ("recall_at_1", "recall_at_10", "all_recall_at_10", "ndcg_at_10", "abstention_auroc")


@dataclass(frozen=True, slots=True)
class Part:
    """One change to the product's search; what is embedded needs an index of its own."""

    name: str
    ingest: Row = field(default_factory=dict)
    search: Row = field(default_factory=dict)
    is_alone: bool = False


PARTS = (
    Part("as_it_is"),
    Part("without_words", search={"lexical_weight": 0.0}),
    Part("words_at_half_weight", search={"lexical_weight": 0.0025}),
    Part("without_earlier_turns", is_alone=True),
    Part("last_turn_counts_half", search={"last_turn_share": 0.5}),
    Part("without_title_vector", ingest={"title_share": 0.0}),
    Part("title_vector_half", ingest={"title_share": 0.5}),
)


def ablate(
    folder: Path, split: str = "dev", on_question: Callable[[int], object] = lambda _count: None, store: str = ""
) -> dict[str, float | None]:
    """Give each part's figures under `<part>_<figure>`, and the milliseconds of a search without the answer.

    Raises:
        ValueError: a file is malformed, or there is no such store.
    """
    corpus, questions = read_rows(folder / "corpus.jsonl"), read_questions(folder / f"{split}.jsonl")
    figures: dict[str, float | None] = {}
    for ingest, parts in _by_index():
        with FolderIndex(corpus, store, ingest) as index:
            for part in parts:
                figures |= _measured(index, part, questions, on_question)
    return figures


def _by_index() -> Iterator[tuple[Row, list[Part]]]:
    """Group the parts that share an index, which takes longer to make than all questions."""
    seen: list[Row] = []
    for part in PARTS:
        if part.ingest not in seen:
            seen.append(part.ingest)
            yield part.ingest, [other for other in PARTS if other.ingest == part.ingest]


def _measured(
    index: FolderIndex, part: Part, questions: list[Question], on_question: Callable[[int], object]
) -> dict[str, float | None]:
    index.changes = part.search
    outcomes, milliseconds = [], []
    for question in questions:
        asked = replace(question, history=()) if part.is_alone else question
        started = time.monotonic()
        index.find(asked)
        milliseconds.append((time.monotonic() - started) * 1000)
        outcomes.append(ask(index, asked))
        on_question(1)
    found = figures_of(outcomes)
    return {
        **{f"{part.name}_{name}": found[name] for name in KEPT},
        f"{part.name}_ms_p50": round(float(np.percentile(milliseconds, 50)), 1),
        f"{part.name}_ms_p95": round(float(np.percentile(milliseconds, 95)), 1),
    }
