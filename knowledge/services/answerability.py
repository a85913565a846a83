"""How likely passages answer a question: a small logistic model over raw scores.

The coefficients are in answerability.json and were fitted by `python manage.py evaluate answerability` on development
data; see knowledge/answerability_fit.py. Scores are raw on purpose: fused or normalised ones cannot tell that nothing
fits. BM25 counts only against the best BM25 of the same search, since its size depends on the store and on how many
articles there are. What a deployment's own outcomes say comes on top (`services/calibration.py`).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

from knowledge.headings import last_heading
from knowledge.questions import FIGURE, NAME_WORD, Question, asks_how, share_of
from knowledge.services.reading import AROUND, Read, whole_text
from knowledge.services.search import FoundPassage
from knowledge.stopwords import stems

__all__ = ["FEATURES", "SIGNS", "asks_how", "features", "log_odds", "probability"]

COEFFICIENTS = Path(__file__).with_name("answerability.json")
# With what each has to mean: more of it makes an answer more likely, or less.
SIGNS = {
    "dense": 1,
    "dense_margin": 1,
    "dense_spread": 1,
    "score_margin": 1,
    "score_spread": 1,
    "title": 1,
    "title_margin": 1,
    "words": 1,
    "quoted_words": 1,
    "heading_words": 1,
    "sentence": 1,
    "lexical_share": 1,
    "value_margin": 1,
    "unseen_words": -1,
    "rarest_missing": -1,
    "names_missing": -1,
    "names_unseen": -1,
    "other_name": -1,
    "figure_missing": -1,
}
FEATURES = tuple(SIGNS)
# A lead over the other articles proves no more beyond these: a tiny knowledge base would look too sure.
MOST_MARGIN = 0.12
MOST_SPREAD = 0.15
SPREAD_OVER = 8


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted logistic regression over standardised features."""

    means: dict[str, float]
    scales: dict[str, float]
    weights: dict[str, float]
    intercept: float
    version: int = 0


def probability(values: dict[str, float]) -> float:
    """Give the chance, from 0 to 1, that the passages these features describe answer the question."""
    return 1 / (1 + math.exp(-log_odds(values)))


def log_odds(values: dict[str, float]) -> float:
    """Give the same as log odds, within ±30.

    Raises:
        KeyError: the features were made for another model.
    """
    model = _model()
    total = model.intercept + sum(
        model.weights[name] * (values[name] - model.means[name]) / model.scales[name] for name in model.weights
    )
    return max(min(total, 30.0), -30.0)


def model_version() -> int:
    """Tell shipped models apart, so that what was fitted on top of one is not used on top of another."""
    return _model().version


def features(
    *,
    question: Question,
    passages: Sequence[FoundPassage],
    read: Sequence[Read],
    top: Read | None,
    quoted: Sequence[str],
) -> dict[str, float]:
    """Describe how well passages fit a question; the names are those of `FEATURES`.

    `passages` as found, best first; `read` those that were read, best first; `top` the one that is quoted, with the
    texts of `quoted`.
    """
    best = top.passage if top else passages[0]
    by_meaning = [(passage, passage.dense) for passage in passages]
    by_score = [(passage, passage.score) for passage in passages]
    whole = whole_text(best)
    heading = last_heading(best.heading) or best.title
    seen = " ".join(whole_text(passage) for passage in passages[:AROUND])
    most_words = max(passage.lexical for passage in passages)
    said = " ".join([best.title, best.heading, *quoted])
    title, value = (top.title, top.value) if top else (0.0, 0.0)
    return {
        "dense": best.dense,
        "dense_margin": _lead(best, best.dense, by_meaning),
        "dense_spread": _spread(best, best.dense, by_meaning),
        "score_margin": _lead(best, best.score, by_score),
        "score_spread": _spread(best, best.score, by_score),
        "title": title,
        "title_margin": _lead(best, title, [(entry.passage, entry.title) for entry in read]),
        "words": share_of(question.words, whole),
        "quoted_words": share_of(question.words, said),
        "heading_words": share_of(question.words, f"{best.title} {heading}"),
        "sentence": max((entry.best for entry in read), default=0.0),
        "lexical_share": best.lexical / most_words if most_words > 0 else 0.0,
        "value_margin": _lead(best, value, [(entry.passage, entry.value) for entry in read]),
        "unseen_words": 1 - share_of(question.words, seen),
        "rarest_missing": max((w for word, w in question.words.items() if word not in stems(whole)), default=0.0),
        "names_missing": _names_missing(question, whole),
        "names_unseen": _names_missing(question, seen),
        "other_name": float(top is not None and top.is_other),
        "figure_missing": float(question.wants_figure and not any(FIGURE.search(text) for text in quoted)),
    }


def _rivals(best: FoundPassage, scored: Sequence[tuple[FoundPassage, float]]) -> list[float]:
    """Give the scores of what speaks against the best: other passages of the same article speak for it.

    So does the same text in another article, which comes of answers that were learned from differently worded questions.
    """
    return [score for p, score in scored if p.article_id != best.article_id and p.body != best.body]


def _lead(best: FoundPassage, score: float, scored: Sequence[tuple[FoundPassage, float]]) -> float:
    """Give how far the best is before what speaks against it, within limits; without any that is the most."""
    rivals = _rivals(best, scored)
    return _within(score - max(rivals), MOST_MARGIN) if rivals else MOST_MARGIN


def _spread(best: FoundPassage, score: float, scored: Sequence[tuple[FoundPassage, float]]) -> float:
    """Give how far the best is before the mean of what speaks against it, within limits."""
    rivals = sorted(_rivals(best, scored), reverse=True)[:SPREAD_OVER]
    return _within(score - fmean(rivals), MOST_SPREAD) if rivals else MOST_SPREAD


def _within(value: float, most: float) -> float:
    return max(min(value, most), -most)


def _names_missing(question: Question, text: str) -> float:
    """Give the share of the question's names that a text lacks; 0 without names."""
    if not question.names:
        return 0.0
    known = {part for match in NAME_WORD.finditer(text.lower()) for part in (match.group(), *_parts(match.group()))}
    return sum(name not in known for name in question.names) / len(question.names)


def _parts(word: str) -> list[str]:
    return word.replace("’", "'").replace("'", "-").split("-")


@cache
def _model() -> Model:
    stored = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
    return Model(stored["means"], stored["scales"], stored["weights"], stored["intercept"], stored["version"])
