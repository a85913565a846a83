"""search(): the only way in for other apps to what may be quoted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F

from knowledge.models import Article, Passage
from supportai.core.models import JSONDict

if TYPE_CHECKING:
    from haystack import Document

# A pasted log would drown the question; the model reads 512 tokens in any case.
MAX_QUERY = 4000


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
    from knowledge.pipelines.retrieve import find

    if not query.strip():
        return []
    documents = find(query=query[:MAX_QUERY], history=history, filters=_filters(audience, language))
    passages = _published_passages([document.id for document in documents], audience)
    found = [_found(document, passages[document.id]) for document in documents if document.id in passages]
    return found[:limit]


def _filters(audience: str, language: str) -> JSONDict | None:
    conditions = []
    if audience != Article.Audience.STAFF:
        conditions.append({"field": "meta.audience", "operator": "==", "value": Article.Audience.PUBLIC.value})
    if language:
        conditions.append({"field": "meta.language", "operator": "==", "value": language})
    return {"operator": "AND", "conditions": conditions} if conditions else None


def _published_passages(ids: Sequence[str], audience: str) -> dict[str, Passage]:
    """Load passages that may be quoted now: whatever the store still holds, an archived article is gone at once."""
    passages = Passage.objects.filter(
        public_id__in=ids,
        revision__article__state=Article.State.PUBLISHED,
        revision__article__current_revision=F("revision"),
    ).select_related("revision__article")
    if audience != Article.Audience.STAFF:
        passages = passages.filter(revision__article__audience=Article.Audience.PUBLIC)
    return {str(passage.public_id): passage for passage in passages}


def _found(document: "Document", passage: Passage) -> FoundPassage:
    article = passage.revision.article
    return FoundPassage(
        passage_id=passage.pk,
        revision_id=passage.revision_id,
        article_id=article.pk,
        slug=article.slug,
        title=article.title,
        heading=passage.heading,
        body=passage.body,
        start=passage.start,
        end=passage.end,
        score=document.score or 0.0,
        dense=document.meta["dense"],
        lexical=document.meta["lexical"],
        origin=article.origin,
    )
