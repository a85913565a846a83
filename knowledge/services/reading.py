"""Read the passages that a search found: how well each, and each sentence and entry in it, fits the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

import numpy as np

from knowledge.passage_texts import title_text
from knowledge.questions import FIGURE, Question, names_another, share_of
from knowledge.quotes import Unit, tells_steps, units_of
from knowledge.services.embedding import Vectors, embed
from knowledge.services.search import FoundPassage
from knowledge.stopwords import WORD, stems

# Passages that may be quoted; further ones only speak for how sure the search is.
READ_PASSAGES = 8
# Passages whose titles and texts tell which names there are.
AROUND = 24
# In cosine, chosen on the development half of bench/questions/answers. What a question's words are worth in a sentence
# and in a passage, what steps are worth when a way is asked for, and a figure when one is.
WORD_BONUS = 0.08
PASSAGE_WORDS_BONUS = 0.04
STEPS_BONUS = 0.02
FIGURE_BONUS = 0.03
# What is lost by a text that is too short to say more than the question did, and by an introduction, which resembles
# every question about its article; by a passage that lacks a word of the question which the other titles have (asked
# about plan Diamond, the page on plan Gold is wrong), for each name of the question that its title and headings lack,
# and by a passage about a thing with a longer name (asked about the Blue Account, the page on Navy Blue is wrong).
SHORT_LOSS = 0.20
INTRODUCTION_LOSS = 0.02
NAME_LOSS = 0.12
TITLE_NAME_LOSS = 0.03
MOST_NAMES = 3
OTHER_NAME_LOSS = 0.08
FULL_WORDS = 8
RETRIEVAL_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class Read:
    """A passage with its units and how well each fits the question; `value` orders passages.

    `title` is the nearness of title and headings alone; `is_other` tells that the title names another thing than the
    question.
    """

    passage: FoundPassage
    units: tuple[Unit, ...]
    vectors: Vectors
    fits: tuple[float, ...]
    title: float
    is_other: bool
    value: float

    @property
    def best(self) -> float:
        """Give the fit of the unit that fits best."""
        return max(self.fits, default=0.0)

    @property
    def tells_steps(self) -> bool:
        """Tell whether it holds a numbered list of instructions."""
        return tells_steps(self.units)


def read_passages(question: Question, passages: Sequence[FoundPassage]) -> list[Read]:
    """Measure how well passages, best first as the search gave them, fit; those with something to quote, best first."""
    vector = question_vector(question)
    around = passages[:AROUND]
    titles = [f"{passage.title} {passage.heading}" for passage in around]
    texts = [text for passage in around for text in (passage.title, passage.body)]
    read = [_fit(question, vector, passage, titles, texts) for passage in passages[:READ_PASSAGES]]
    return sorted((entry for entry in read if entry.units), key=lambda entry: -entry.value)


def question_vector(question: Question) -> Vectors:
    """Give the vector that stands for a question in its conversation."""
    asked = embed([entry.text for entry in question.texts], is_query=True)
    vector: Vectors = np.array([entry.weight for entry in question.texts], dtype=np.float32) @ asked
    return vector


def whole_text(passage: FoundPassage) -> str:
    """Give a passage with its title and headings."""
    return f"{passage.title} {passage.heading} {passage.body}"


def has_figure(unit: Unit) -> bool:
    """Tell whether a number, an amount or a time stands in a unit."""
    return FIGURE.search(unit.text) is not None


def _fit(
    question: Question, vector: Vectors, passage: FoundPassage, titles: Sequence[str], texts: Sequence[str]
) -> Read:
    units, vectors = _units(passage.body)
    fits = tuple(
        _unit_fit(question, unit, float(unit_vector @ vector)) for unit, unit_vector in zip(units, vectors, strict=True)
    )
    # Two units, because a single sentence may only resemble the question.
    fit = fmean(sorted(fits)[-2:]) if fits else 0.0
    is_other = names_another(question, passage.title, texts)
    value = RETRIEVAL_SHARE * passage.score + (1 - RETRIEVAL_SHARE) * fit
    value += PASSAGE_WORDS_BONUS * share_of(question.words, whole_text(passage))
    if question.wants_steps and tells_steps(units):
        value += STEPS_BONUS
    if question.wants_figure and any(has_figure(unit) for unit in units):
        value += FIGURE_BONUS
    value -= _name_losses(question, passage, titles) + OTHER_NAME_LOSS * is_other
    value -= _short_loss(passage.body) / 2 + INTRODUCTION_LOSS * (not passage.heading)
    title = float(_title_vector(title_text(passage.title, passage.heading, passage.body)) @ vector)
    return Read(passage, units, vectors, fits, title, is_other, value)


def _unit_fit(question: Question, unit: Unit, cosine: float) -> float:
    bonus = FIGURE_BONUS if question.wants_figure and has_figure(unit) else 0.0
    return cosine + WORD_BONUS * share_of(question.words, unit.meaning) + bonus - _short_loss(unit.meaning)


def _name_losses(question: Question, passage: FoundPassage, titles: Sequence[str]) -> float:
    missing = question.words.keys() - stems(whole_text(passage))
    shares = (sum(word in stems(title) for title in titles) / len(titles) for word in missing)
    lacking = question.names - {word.lower() for word in WORD.findall(f"{passage.title} {passage.heading}")}
    return NAME_LOSS * max(shares, default=0.0) + TITLE_NAME_LOSS * min(len(lacking), MOST_NAMES)


def _short_loss(text: str) -> float:
    """Take something from a text of a few words: it can fit a question without answering it."""
    return SHORT_LOSS * max(0, FULL_WORDS - len(text.split())) / FULL_WORDS


@lru_cache(maxsize=512)
def _units(body: str) -> tuple[tuple[Unit, ...], Vectors]:
    units = units_of(body)
    return units, embed([unit.meaning for unit in units])


@lru_cache(maxsize=2048)
def _title_vector(text: str) -> Vectors:
    vector: Vectors = embed([text])[0]
    return vector
