"""Score passages with the built-in model, whatever model found them.

How sure an answer is, and which sentences are quoted, was fitted to the built-in model's cosines; another model's have
another scale.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from knowledge.passage_texts import TITLE_SHARE, title_text, whole_text
from knowledge.services.embedding import Vectors, embed
from knowledge.services.search import FoundPassage
from knowledge.turns import weighted_texts

PASSAGES_KEPT = 2048


def rescored(query: str, history: Sequence[str], found: Sequence[FoundPassage]) -> list[FoundPassage]:
    """Give passages that another model found, in its order, with `dense` and `score` on the built-in model's scale.

    The first keeps the built-in model's cosine as its score; the others keep their distance from the first.
    """
    if not found:
        return []
    cosines = _cosines(query, history, found)
    best = cosines[0] - found[0].score
    return [
        replace(passage, dense=cosine, score=passage.score + best)
        for passage, cosine in zip(found, cosines, strict=True)
    ]


def scored_anew(
    query: str, history: Sequence[str], found: Sequence[FoundPassage], lexical_weight: float
) -> list[FoundPassage]:
    """Give passages that were found by words only, ordered as the built-in profile would order them."""
    cosines = _cosines(query, history, found)
    scored = [
        replace(passage, dense=cosine, score=cosine + lexical_weight * passage.lexical)
        for passage, cosine in zip(found, cosines, strict=True)
    ]
    return sorted(scored, key=lambda passage: (-passage.score, passage.passage_id))


def _cosines(query: str, history: Sequence[str], found: Sequence[FoundPassage]) -> list[float]:
    texts = weighted_texts(query, history)
    vectors = embed([entry.text for entry in texts], is_query=True)
    question = np.array([entry.weight for entry in texts], dtype=np.float32) @ vectors
    return [float(_passage_vector(passage.title, passage.heading, passage.body) @ question) for passage in found]


@lru_cache(maxsize=PASSAGES_KEPT)
def _passage_vector(title: str, heading: str, body: str) -> Vectors:
    """Embed as `PassageEmbedder` does."""
    title_vector, whole_vector = embed([title_text(title, heading, body), whole_text(title, heading, body)])
    vector: Vectors = TITLE_SHARE * title_vector + (1 - TITLE_SHARE) * whole_vector
    return vector
