"""Published passages that disagree on what is asked: which of them is quoted, and what staff are told.

The newest published article beats a crawled page, which beats a learned answer. Only sentences that fit the question
nearly as well as the best one are compared, and only by the strict rules of `knowledge.disagreements`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.disagreements import disagreement
from knowledge.services.reading import Read
from knowledge.services.search import FoundPassage

# In cosine: how much worse a sentence may fit than the best one, and still be about what is asked.
FITS_WITHIN = 0.06
MOST_COMPARED = 3
# Better origins first; an unknown one is as good as an article.
ORIGINS = ("article", "crawl", "learned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two sentences of different articles that cannot both be true, and why; `kept` is the one that counts."""

    kept: str
    kept_passage: FoundPassage
    dropped: str
    dropped_passage: FoundPassage
    why: str


def conflict_of(read: Sequence[Read]) -> Conflict | None:
    """Find what contradicts the best passage, the first of them, among the others that fit the question as well."""
    if not read:
        return None
    top = read[0]
    for other in read[1:]:
        if other.passage.article_id == top.passage.article_id or other.is_other or top.is_other:
            continue
        for left in _best_texts(top, top.best):
            for right in _best_texts(other, top.best):
                found = _compared(top.passage, left, other.passage, right)
                if found is not None:
                    return found
    return None


def _best_texts(entry: Read, best: float) -> list[str]:
    fitting = [(fit, unit.text) for unit, fit in zip(entry.units, entry.fits, strict=True) if fit >= best - FITS_WITHIN]
    return [text for _fit, text in sorted(fitting, key=lambda pair: -pair[0])[:MOST_COMPARED]]


def _compared(left: FoundPassage, left_text: str, right: FoundPassage, right_text: str) -> Conflict | None:
    found = disagreement(
        left_text,
        right_text,
        left_context=f"{left.title} {left.heading}",
        right_context=f"{right.title} {right.heading}",
    )
    if found is None:
        return None
    left_wins = _rank(left) <= _rank(right)
    kept, dropped = ((left_text, left), (right_text, right)) if left_wins else ((right_text, right), (left_text, left))
    return Conflict(kept=kept[0], kept_passage=kept[1], dropped=dropped[0], dropped_passage=dropped[1], why=found.why)


def _rank(passage: FoundPassage) -> tuple[int, int]:
    """Order by origin, then by age: revisions are numbered as they are written."""
    origin = ORIGINS.index(passage.origin) if passage.origin in ORIGINS else 0
    return origin, -passage.revision_id
