"""search(): the only way in for other apps to what may be quoted."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPassage:
    """A passage of a published article that was found for a question.

    `start` and `end` are its span in the revision's body; `score` orders, `dense` (cosine, about 0.4 to 0.95) and
    `lexical` (BM25, 0 without a common word) are the raw scores behind it.
    """

    passage_id: int
    revision_id: int
    article_id: int
    slug: str
    title: str
    heading: str
    body: str
    start: int
    end: int
    score: float
    dense: float
    lexical: float
    origin: str


def search(
    *, query: str, history: Sequence[str] = (), audience: str = "public", language: str = "", limit: int = 8
) -> list[FoundPassage]:
    """Find passages of published articles that may answer a question, best first.

    `history` holds the customer's earlier messages, oldest first; `audience` "staff" also sees staff-only articles;
    `language` (ISO 639-1) narrows to articles in it.
    """
    from knowledge.pipelines.retrieve import retrieve

    return retrieve(query=query, history=history, audience=audience, language=language, limit=limit)
