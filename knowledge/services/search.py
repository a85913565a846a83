"""search(): the only way in for other apps to what may be quoted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from django.db.models import F

from knowledge import selectors
from knowledge.errors import EmbeddingUnavailableError
from knowledge.models import Article, Passage, ProfileSettings
from supportai.core import clock
from supportai.core.models import JSONDict

if TYPE_CHECKING:
    from haystack import Document

    from knowledge.pipelines.retrieve import RetrievalSettings

log = structlog.get_logger(__name__)

# A pasted log would drown the question; the model reads 512 tokens in any case.
MAX_QUERY = 4000
# Passages found by words only that are compared by meaning, at some 20 ms each.
WORDS_READ = 12


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
    *,
    query: str,
    history: Sequence[str] = (),
    audience: str = "public",
    language: str = "",
    product: str = "",
    limit: int = 8,
) -> list[FoundPassage]:
    """Find passages of published articles that may answer a question, best first; what has ended is never found.

    `history` holds the customer's earlier messages, oldest first; `audience` "staff" also sees staff-only articles;
    `language` (ISO 639-1) narrows to articles in it, `product` to those about it.

    Raises:
        SearchUnavailableError: the document store does not answer.
    """
    if not query.strip():
        return []
    question = _Question(query[:MAX_QUERY], tuple(history), audience, language, product)
    profile = selectors.active_profile()
    if profile.is_local:
        return _by_meaning(question, profile)[:limit]
    return _with_endpoint(question, profile, limit)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is searched for, and for whom."""

    query: str
    history: tuple[str, ...]
    audience: str
    language: str
    product: str


def _with_endpoint(question: _Question, profile: ProfileSettings, limit: int) -> list[FoundPassage]:
    """Search with an endpoint's vectors, or by words only while it fails; scores are the built-in model's either way."""
    from knowledge.services import local_scores, profiles

    assert profile.profile_id is not None  # only the built-in model has none
    if not profiles.is_resting(profile.profile_id):
        try:
            found = _by_meaning(question, profile)[:limit]
        except EmbeddingUnavailableError as exc:
            log.warning("search.without_endpoint", profile=profile.profile_id)
            profiles.note_query_failure(profile.profile_id, exc.message)
        else:
            profiles.note_query_success(profile.profile_id)
            return local_scores.rescored(question.query, question.history, found)
    words = _by_words(question, profile)[:WORDS_READ]
    weight = _settings(profile).lexical_weight
    return local_scores.scored_anew(question.query, question.history, words, weight)[:limit]


def _by_meaning(question: _Question, profile: ProfileSettings) -> list[FoundPassage]:
    from knowledge.pipelines.retrieve import find

    return _quotable(find(**_inputs(question), settings=_settings(profile)), question)


def _by_words(question: _Question, profile: ProfileSettings) -> list[FoundPassage]:
    from knowledge.pipelines.retrieve import find_by_words

    return _quotable(find_by_words(**_inputs(question), settings=_settings(profile)), question)


def _inputs(question: _Question) -> dict[str, Any]:
    filters = _filters(question.audience, question.language, question.product)
    return {"query": question.query, "history": question.history, "filters": filters}


def _settings(profile: ProfileSettings) -> "RetrievalSettings":
    from knowledge.pipelines.retrieve import RetrievalSettings

    return RetrievalSettings(profile=profile.store_name)


def _quotable(documents: "list[Document]", question: _Question) -> list[FoundPassage]:
    passages = _published_passages([document.id for document in documents], question.audience)
    return [_found(document, passages[document.id]) for document in documents if document.id in passages]


def _filters(audience: str, language: str, product: str) -> JSONDict:
    conditions: list[JSONDict] = [_still_valid()]
    if audience != Article.Audience.STAFF:
        conditions.append({"field": "meta.audience", "operator": "==", "value": Article.Audience.PUBLIC.value})
    if language:
        conditions.append({"field": "meta.language", "operator": "==", "value": language})
    if product:
        conditions.append({"field": "meta.product", "operator": "==", "value": product})
    return {"operator": "AND", "conditions": conditions}


def _still_valid() -> JSONDict:
    """Leave out what ended before today; a passage without an end has no number to compare."""
    ended = {"field": "meta.ends", "operator": "<", "value": clock.today().toordinal()}
    return {"operator": "NOT", "conditions": [ended]}


def _published_passages(ids: Sequence[str], audience: str) -> dict[str, Passage]:
    """Load passages that may be quoted now: whatever the store still holds, an archived article is gone at once."""
    passages = Passage.objects.filter(
        Article.still_valid("revision__article__"),
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
