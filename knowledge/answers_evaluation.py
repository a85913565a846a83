"""Measure which section answers a question: our own questions about a corpus, each with the section that answers it.

The form is that of `bench/questions/answers/*.txt`: `= place; place | text` names the sections that answer the questions
on the lines below, and a text that must stand in the answer. A place is `id#Heading`, or the beginning of an id; `=` alone
says that nothing answers them. Half of the sections are the development split "dev", the others are held back ("held").
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.evaluation import FolderIndex, Question, Row, auroc, coverage, read_rows
from knowledge.headings import last_heading
from knowledge.services.answers import ExtractedAnswer, compose
from knowledge.services.reading import AROUND
from knowledge.services.search import FoundPassage

Flags = np.ndarray[Any, Any]
SPLITS = ("dev", "held", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionQuestion:
    """A question with the places that answer it (none: nothing does) and what the answer has to say."""

    text: str
    places: tuple[str, ...]
    says: str = ""
    is_held: bool = False

    def is_answered_by(self, answer: ExtractedAnswer) -> bool:
        """Tell whether what is quoted stands in the right section and says what it has to."""
        if not answer.sentences:
            return False
        said = " ".join(sentence.text for sentence in answer.sentences).lower()
        return self.is_place(answer.sentences[0].passage) and self.says.lower() in said

    def is_of_its_document(self, slug: str) -> bool:
        """Tell whether a document is one of those whose sections answer it."""
        return any(slug.startswith(place.partition("#")[0]) for place in self.places)

    def is_place(self, passage: FoundPassage) -> bool:
        """Tell whether a passage is one of those that answer it."""
        section = f"{passage.slug}#{last_heading(passage.heading)}"
        return any(section == place if "#" in place else passage.slug.startswith(place) for place in self.places)


@dataclass(frozen=True, slots=True)
class SectionOutcome:
    """What the product did with a question."""

    question: SectionQuestion
    answer: ExtractedAnswer

    @property
    def is_right(self) -> bool:
        """Tell whether the quoted section answers the question."""
        return self.question.is_answered_by(self.answer)


def read_section_questions(path: Path, split: str = "all") -> list[SectionQuestion]:
    """Read a split of a file of questions.

    Raises:
        ValueError: a question stands before the first place, or there is no such split.
    """
    if split not in SPLITS:
        raise ValueError(f"there is no split {split!r}, only {', '.join(SPLITS)}")
    questions = list(_questions(path))
    return [question for question in questions if split in {"all", "held" if question.is_held else "dev"}]


def _questions(path: Path) -> Iterator[SectionQuestion]:
    head: str | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("="):
            head = text.removeprefix("=").strip()
            continue
        if head is None:
            raise ValueError(f"{path.name}, line {number}: no line with '=' stands before it")
        places, _, says = head.partition("|")
        # A section is held back as a whole: its second question would give the first one away.
        is_held = zlib.crc32((places.strip() + says.strip() or text).encode()) % 2 == 1
        named = tuple(place.strip() for place in places.split(";") if place.strip())
        yield SectionQuestion(text=text, places=named, says=says.strip(), is_held=is_held)


def corpus_rows(folder: Path) -> list[Row]:
    """Read `corpus.jsonl` of a folder, else the documents in it; a document's id is its slug or its path.

    Raises:
        ValueError: there is nothing to read.
    """
    if (folder / "corpus.jsonl").exists():
        return read_rows(folder / "corpus.jsonl")
    from knowledge.documents import ImportedDocument
    from knowledge.readers import find_files, read_documents

    documents = [
        document
        for file in find_files(folder)
        for document in read_documents(file, folder)
        if isinstance(document, ImportedDocument)
    ]
    if not documents:
        raise ValueError(f"there are no documents in {folder}")
    return [{"id": d.slug or d.external_id, "title": d.title, "text": d.body} for d in documents]


def section_outcomes(
    index: FolderIndex, questions: Sequence[SectionQuestion], without: Callable[[SectionQuestion, str], bool]
) -> Iterator[SectionOutcome]:
    """Ask questions, as if the documents for which `without(question, id)` holds were not there."""
    for question in questions:
        found = index.find(Question(question.text, (), frozenset(), None))
        kept = [passage for passage in found if not without(question, passage.slug)]
        yield SectionOutcome(question, compose(question=question.text, passages=kept[:AROUND]))


def evaluate_answers(
    corpus: Path,
    questions: Path,
    split: str = "all",
    on_question: Callable[[int], object] = lambda _count: None,
    store: str = "",
    *,
    threshold: float,
) -> dict[str, float | None]:
    """Ask our own questions and give the share of right sections, of wrong answers and of hand-overs.

    `threshold` is the chance from which on an answer is given. `answered_right`, `answered_wrong` and `handed_over` are
    shares of the questions that can be answered, `answered_unanswerable` of the others. `answered_robbed` is the share
    that is answered from elsewhere when the documents that answer it are taken away.

    Raises:
        ValueError: a file is malformed, or there is no such store or split.
    """
    rows = read_section_questions(questions, split)
    outcomes = []
    with FolderIndex(corpus_rows(corpus), store) as index:
        for outcome in section_outcomes(index, rows, lambda _question, _id: False):
            outcomes.append(outcome)
            on_question(1)
        robbed = list(robbed_outcomes(index, rows))
    given = np.array([outcome.answer.probability >= threshold for outcome in robbed], dtype=bool)
    return {**figures(outcomes, threshold), "answered_robbed": _share(given, np.ones_like(given))}


def robbed_outcomes(index: FolderIndex, questions: Sequence[SectionQuestion]) -> Iterator[SectionOutcome]:
    """Ask those that can be answered with the documents that answer them taken away."""
    answerable = [question for question in questions if question.places]
    return section_outcomes(index, answerable, lambda question, slug: question.is_of_its_document(slug))


def figures(outcomes: Sequence[SectionOutcome], threshold: float) -> dict[str, float | None]:
    """Count what `evaluate_answers` reports."""
    chances = np.array([outcome.answer.probability for outcome in outcomes])
    right = np.array([outcome.is_right for outcome in outcomes], dtype=bool)
    known = np.array([bool(outcome.question.places) for outcome in outcomes], dtype=bool)
    given = chances >= threshold
    return {
        "questions": len(outcomes),
        "answerable": int(known.sum()),
        "right_section": _share(right, known),
        "answered_right": _share(right & given, known),
        "answered_wrong": _share(~right & given, known),
        "handed_over": _share(~given, known),
        "answered_unanswerable": _share(given, ~known),
        "abstention_auroc": auroc(chances, known),
        "coverage_at_95_right": coverage(chances, right, 0.95),
        "ece": expected_error(chances, right),
    }


def _share(rows: Flags, among: Flags) -> float | None:
    return round(float(rows[among].mean()), 4) if among.any() else None


def expected_error(chances: Flags, right: Flags, bins: int = 10) -> float:
    """Give the expected calibration error over bins of equal width."""
    places = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [abs(chances[places == b].mean() - right[places == b].mean()) * (places == b).sum() for b in set(places)]
    return round(float(sum(gaps) / max(len(chances), 1)), 4)
