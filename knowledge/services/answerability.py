"""How likely passages answer a question: a small logistic model over raw scores.

The coefficients are in answerability.json and were fitted by `python manage.py evaluate answerability` on development
data; see knowledge/evaluation.py. Scores are raw on purpose: fused or normalised ones cannot tell that nothing fits. BM25 is left out, since its size depends on the store and on how
many articles there are.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

from knowledge.services.search import FoundPassage
from knowledge.stopwords import stems

COEFFICIENTS = Path(__file__).with_name("answerability.json")
FEATURES = (
    "dense_top",
    "dense_margin",
    "dense_spread",
    "overlap_top",
    "unseen_words",
    "sentence_top",
)
# A lead over the other articles proves no more beyond these: a tiny knowledge base would look too sure.
MOST_MARGIN = 0.12
MOST_SPREAD = 0.15
HOW = re.compile(
    r"\bhow (?:do|can|to|should|would|could|does|must)\b"
    r"|^\W*(?:(?:hi|hello|hey|please|so|and|ok(?:ay)?)\W+)*(?:how\b(?! (?:much|many|long|often|old|come|far|soon)\b)"
    r"|where (?:do|can|should) (?:i|we|you)\b|steps\b|help me\b|show me\b|guide\b|set(?:ting)? up\b|instructions?\b"
    r"|(?:i|we)(?:['’]d| would)? (?:want|need|like|try|am trying|are trying)\b.{0,40}\bto\b)"
    r"|\b(?:what is|what['’]s) the (?:way|process|procedure)\b|\bstep by step\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted logistic regression over standardised features."""

    means: dict[str, float]
    scales: dict[str, float]
    weights: dict[str, float]
    intercept: float


def asks_how(question: str) -> bool:
    """Tell whether somebody asks for a way to do something, so that steps are wanted."""
    return HOW.search(question) is not None


def probability(values: dict[str, float]) -> float:
    """Give the chance, from 0 to 1, that the passages these features describe answer the question."""
    model = _model()
    total = model.intercept + sum(
        model.weights[name] * (values[name] - model.means[name]) / model.scales[name] for name in model.weights
    )
    return 1 / (1 + math.exp(-max(min(total, 30.0), -30.0)))


def features(
    *, question: str, context: str, passages: Sequence[FoundPassage], best_sentence: float
) -> dict[str, float]:
    """Describe how well passages, best first, fit a question; the names are those of `FEATURES`.

    `context` is the question with the turns before it, `best_sentence` the fit of the best sentence.
    """
    words = stems(question) if len(stems(question)) > 1 else stems(context)
    texts = [f"{passage.title} {passage.heading} {passage.body}" for passage in passages]
    top = passages[0].dense
    # Other passages of the same article speak for it, not against it; so does the same text in another article, which
    # comes of answers that were learned from differently worded questions.
    others = [
        passage.dense
        for passage in passages
        if passage.article_id != passages[0].article_id and passage.body != passages[0].body
    ]
    margin = top - max(others) if others else MOST_MARGIN
    spread = top - fmean(others) if others else MOST_SPREAD
    return {
        "dense_top": top,
        "dense_margin": min(margin, MOST_MARGIN),
        "dense_spread": min(spread, MOST_SPREAD),
        "overlap_top": _share(words, texts[0]),
        "unseen_words": 1 - _share(words, " ".join(texts)),
        "sentence_top": best_sentence,
    }


def _share(words: frozenset[str], text: str) -> float:
    return len(words & stems(text)) / len(words) if words else 0.0


@cache
def _model() -> Model:
    stored = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
    return Model(stored["means"], stored["scales"], stored["weights"], stored["intercept"])
