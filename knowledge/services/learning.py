"""Learn from answers that people gave: draft, group, approve, reject, take back."""

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.db.models import F

from knowledge.errors import ArticleNotFoundError, SuggestionDecidedError
from knowledge.events import SuggestionDecided, SuggestionMade
from knowledge.models import Article, EvaluationCase, Observation, Source, Suggestion
from knowledge.services import articles, human_answers
from knowledge.services.embedding import Vectors, embed
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.errors import InvalidInputError
from supportai.core.events import publish

if TYPE_CHECKING:
    from knowledge.pipelines.draft_article import ArticleDraft

LEARNED_SOURCE = "Learned from answers"
# Cosines of bge-small between two questions and between two answers, chosen on pairs of the development sets:
# rewordings of one question lie above, different questions about one subject below.
SAME_QUESTION = 0.86
SAME_ANSWER = 0.80
EXPIRES_AFTER = timedelta(days=90)
MAX_CASES = 20


def observe(*, question: str, answer: str, origin: str, language: str = "en") -> Suggestion:
    """Learn that a person answered a question: draft a suggestion, or support one that says the same.

    Idempotent by `origin`, such as `ticket:<public_id>:<episode>`. Personal data, greetings and signatures are
    removed first. The same question with another answer becomes a suggestion of its own that names the conflict.

    Raises:
        InvalidInputError: nothing is left to learn from.
    """
    known = Observation.objects.filter(origin=origin).select_related("suggestion").first()
    if known:
        return known.suggestion
    # Haystack is imported where it is used: the admin imports this module, and no page needs it.
    from knowledge.pipelines.draft_article import draft

    made = draft(question=question, answer=answer)
    if not made.question or not made.body:
        raise InvalidInputError("There is no question or no answer to learn from.")
    return _record(made, origin, language, embed([made.question])[0])


@transaction.atomic
def _record(made: "ArticleDraft", origin: str, language: str, vector: Vectors) -> Suggestion:
    _lock_learning()
    known = Observation.objects.filter(origin=origin).select_related("suggestion").first()
    if known:
        return known.suggestion
    alike = _alike(vector)
    same = next((suggestion for suggestion in alike if _is_same_answer(suggestion.body, made.body)), None)
    if same is None:
        suggestion = _store_draft(made, language, vector, conflict=alike[0] if alike else None)
    else:
        Suggestion.objects.filter(pk=same.pk).update(support_count=F("support_count") + 1)
        suggestion = same
        suggestion.refresh_from_db()
    Observation.objects.create(origin=origin, suggestion=suggestion, question=made.question, answer=made.body)
    publish(SuggestionMade(suggestion_id=suggestion.pk, support_count=suggestion.support_count))
    return suggestion


@transaction.atomic
def approve(*, suggestion_id: int, actor: Actor, title: str | None = None, body: str | None = None) -> Article:
    """Publish a suggestion as a learned article, with evaluation cases of what was asked; indexing follows at once.

    `title` and `body` replace the drafted ones.

    Raises:
        SuggestionDecidedError: somebody decided it before; nothing was changed.
        EmptyArticleError: no title or no text.
    """
    source = _lock_learning()
    suggestion = _lock_undecided(suggestion_id)
    suggestion.title = title if title is not None else suggestion.title
    suggestion.body = body if body is not None else suggestion.body
    article = articles.create_article(
        title=suggestion.title,
        body=suggestion.body,
        actor=actor,
        is_published=True,
        origin=Article.Origin.LEARNED,
        source=source,
        language=suggestion.language,
    )
    suggestion.article = article
    _decide(suggestion, Suggestion.State.APPROVED, actor)
    _keep_cases(suggestion, article)
    _supersede_conflicts(suggestion, actor)
    return article


@transaction.atomic
def reject(*, suggestion_id: int, actor: Actor, reason: str = "") -> Suggestion:
    """Decide that a suggestion is not published.

    Raises:
        SuggestionDecidedError: somebody decided it before; nothing was changed.
    """
    suggestion = _lock_undecided(suggestion_id)
    suggestion.reason = reason.strip()[:300]
    _decide(suggestion, Suggestion.State.REJECTED, actor)
    return suggestion


@transaction.atomic
def edit(*, suggestion_id: int, title: str, body: str) -> Suggestion:
    """Change a drafted text; one that needed an edit is open afterwards.

    Raises:
        SuggestionDecidedError: somebody decided it before; nothing was changed.
        InvalidInputError: no title or no text.
    """
    suggestion = _lock_undecided(suggestion_id)
    if not title.strip() or not body.strip():
        raise InvalidInputError("Write a title and a text.")
    suggestion.title, suggestion.body = title.strip(), body.strip()
    suggestion.note = human_answers.concern_about(suggestion.body)
    suggestion.state = Suggestion.State.NEEDS_EDIT if suggestion.note else Suggestion.State.OPEN
    suggestion.save(update_fields=["title", "body", "note", "state"])
    return suggestion


@transaction.atomic
def take_back(*, suggestion_id: int) -> Suggestion:
    """Undo an approval: the article is archived, its evaluation cases go, the suggestion waits again.

    Raises:
        ArticleNotFoundError: nothing of it is published.
    """
    suggestion = Suggestion.objects.select_for_update(of=("self",), no_key=True).get(pk=suggestion_id)
    if suggestion.state != Suggestion.State.APPROVED or suggestion.article_id is None:
        raise ArticleNotFoundError("This suggestion has no published article.")
    articles.archive_article(article_id=suggestion.article_id)
    suggestion.evaluation_cases.all().delete()
    suggestion.state, suggestion.article = Suggestion.State.OPEN, None
    suggestion.decided_at, suggestion.decided_by = None, None
    suggestion.save(update_fields=["state", "article", "decided_at", "decided_by"])
    return suggestion


def expire_old() -> int:
    """Close suggestions that waited for 90 days; count them."""
    now = clock.now()
    old = Suggestion.objects.filter(state__in=Suggestion.UNDECIDED, updated_at__lt=now - EXPIRES_AFTER)
    return old.update(state=Suggestion.State.EXPIRED, decided_at=now, updated_at=now)


def _alike(vector: Vectors) -> list[Suggestion]:
    """Give suggestions of the same question that wait or were approved, the most similar first."""
    states = [*Suggestion.UNDECIDED, Suggestion.State.APPROVED]
    candidates = list(Suggestion.objects.filter(state__in=states).values_list("pk", "question_vector"))
    if not candidates:
        return []
    matrix = np.frombuffer(b"".join(bytes(row[1]) for row in candidates), dtype=np.float32).reshape(len(candidates), -1)
    scores = matrix @ vector
    best = [int(i) for i in np.argsort(-scores) if scores[i] >= SAME_QUESTION]
    locked = Suggestion.objects.select_for_update(of=("self",), no_key=True).in_bulk([candidates[i][0] for i in best])
    return [locked[candidates[i][0]] for i in best if candidates[i][0] in locked]


def _is_same_answer(left: str, right: str) -> bool:
    if human_answers.contradicts(left, right):
        return False
    vectors = embed([left, right])
    return float(vectors[0] @ vectors[1]) >= SAME_ANSWER


def _store_draft(made: "ArticleDraft", language: str, vector: Vectors, *, conflict: Suggestion | None) -> Suggestion:
    note = made.concern
    if conflict and not note:
        note = "Another answer to the same question exists. Compare both before you decide."
    return Suggestion.objects.create(
        title=made.title,
        body=made.body,
        question=made.question,
        question_vector=vector.astype(np.float32).tobytes(),
        state=Suggestion.State.NEEDS_EDIT if made.concern else Suggestion.State.OPEN,
        note=note,
        language=language,
        conflicts_with=conflict,
    )


def _lock_learning() -> Source:
    """Give the source of what was learned, locked: one transaction at a time looks for what is alike, and decides.

    Otherwise two workers that learn the same answer at once would both find nothing like it, and two people who approve
    conflicting ones would wait for each other.
    """
    Source.objects.get_or_create(name=LEARNED_SOURCE, defaults={"kind": Source.Kind.LEARNED})
    return Source.objects.select_for_update(of=("self",), no_key=True).get(name=LEARNED_SOURCE)


def _lock_undecided(suggestion_id: int) -> Suggestion:
    suggestion = Suggestion.objects.select_for_update(of=("self",), no_key=True).get(pk=suggestion_id)
    if not suggestion.is_undecided:
        raise SuggestionDecidedError(
            f"This suggestion is already {suggestion.get_state_display().lower()}.", state=suggestion.state
        )
    return suggestion


def _decide(suggestion: Suggestion, state: Suggestion.State, actor: Actor) -> None:
    suggestion.state = state
    suggestion.decided_at = clock.now()
    suggestion.decided_by_id = actor.id if actor.kind == "staff" else None
    suggestion.save()
    publish(SuggestionDecided(suggestion_id=suggestion.pk, state=state.value, article_id=suggestion.article_id))


def _keep_cases(suggestion: Suggestion, article: Article) -> None:
    asked = suggestion.observations.values_list("question", flat=True)
    questions = list(dict.fromkeys([suggestion.question, *asked]))[:MAX_CASES]
    EvaluationCase.objects.bulk_create(
        EvaluationCase(question=question, article=article, suggestion=suggestion) for question in questions
    )


def _supersede_conflicts(suggestion: Suggestion, actor: Actor) -> None:
    """Close the other answers to the same question that still wait."""
    ids = set(suggestion.conflicts.values_list("pk", flat=True))
    if suggestion.conflicts_with_id is not None:
        ids.add(suggestion.conflicts_with_id)
    for other in Suggestion.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in=ids, state__in=Suggestion.UNDECIDED
    ):
        other.reason = f"Another answer was approved: {suggestion.title}"[:300]
        _decide(other, Suggestion.State.SUPERSEDED, actor)
