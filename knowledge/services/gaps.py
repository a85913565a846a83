"""Gaps: note questions without a good answer, group them by meaning, see when articles answer them."""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction
from django.db.models import F

from knowledge.errors import GapSettledError
from knowledge.events import SearchUnanswered
from knowledge.models import Article, Gap, GapQuestion
from knowledge.selectors_gaps import searches_kept
from knowledge.services import human_answers
from knowledge.services.embedding import Vectors, embed
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.errors import InvalidInputError
from supportai.core.events import publish

# Mean cosine of bge-small between a question and all of a group (average linkage). Measured on the development sets in
# the order of arrival: pair F1 0.90 on bursts and 0.88 on StackFAQ, where chaining by nearest neighbours reaches 0.41 and
# 0.70 at the same threshold. See docs/knowledge.md.
SAME_GAP = 0.79
# As sure as the AI agent has to be by default before it answers without a person.
ANSWERED = 0.6
# So much of what was asked must be answered before a gap counts as covered.
COVERED_SHARE = 2 / 3
ASKED_AGAIN = 12
MIN_WORDS = 3
MAX_TEXT = 1000
# Strangers type into the help center's search; a machine that does must not fill the table.
MOST_SEARCHES_A_DAY = 500
# A check that was enqueued and is not done after this long was lost.
GRACE = timedelta(seconds=60)


def note(
    *,
    question: str,
    origin: str,
    kind: GapQuestion.Kind,
    asked_at: datetime,
    probability: float | None = None,
    contact_id: int | None = None,
    organization_id: int | None = None,
    language: str = "en",
) -> Gap | None:
    """Note a question that got no good answer: it joins the gap of the same meaning, or begins one.

    Idempotent by `origin`, such as `ticket:<public_id>:<episode>`. Personal data, greetings and thanks are removed first.
    `probability` is how likely the passages that were found answered it; without one it is asked now, and nothing is
    noted when articles answer it. None when there is no gap in it: also of a question of fewer than three words.
    """
    known = GapQuestion.objects.filter(origin=origin).select_related("gap").first()
    if known:
        return known.gap
    text = question_text(question)
    if not text:
        return None
    if probability is None:
        probability, _article = ask(text, language=language)
        if probability >= ANSWERED:
            return None
    asked = GapQuestion(
        origin=origin,
        kind=kind,
        text=text,
        vector=_packed(embed([text])[0]),
        probability=probability,
        contact_id=contact_id,
        organization_id=organization_id,
        asked_at=asked_at,
    )
    return _place(asked, language)


def question_text(question: str) -> str:
    """Give a question without personal data, greeting and thanks; empty when too few words are left to tell a subject."""
    text = human_answers.clean_question(question)[:MAX_TEXT].strip()
    return text if len(text.split()) >= MIN_WORDS else ""


def report_search(*, query: str, probability: float, language: str = "en") -> None:
    """Announce a search of the help center that found no good answer; the same words count once a day."""
    text = question_text(query)
    if not text or probability >= ANSWERED or not searches_kept():
        return
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    searched = GapQuestion.objects.filter(kind=GapQuestion.Kind.SEARCHED, asked_at__gte=today)
    if searched.count() < MOST_SEARCHES_A_DAY:
        publish(SearchUnanswered(question=text, probability=probability, language=language))


def note_search(*, question: str, probability: float, language: str = "en") -> Gap | None:
    """Note what was searched in the help center."""
    now = clock.now()
    words = hashlib.sha256(" ".join(question.lower().split()).encode()).hexdigest()[:24]
    return note(
        question=question,
        origin=f"search:{now:%Y-%m-%d}:{words}",
        kind=GapQuestion.Kind.SEARCHED,
        asked_at=now,
        probability=probability,
        language=language or "en",
    )


def ask(question: str, *, language: str) -> tuple[float, int | None]:
    """Ask the product's own search: how likely the answer is right, and the article it quotes first.

    Raises:
        SearchUnavailableError: the document store does not answer.
    """
    # Imported here: the admin imports this module, and composing pulls in what no page needs.
    from knowledge.services.calibration import answer_question
    from knowledge.services.reading import AROUND
    from knowledge.services.search import search

    answer = answer_question(question=question, passages=search(query=question, language=language, limit=AROUND))
    article_id = answer.sentences[0].passage.article_id if answer.sentences else None
    return answer.probability, article_id


@transaction.atomic
def _place(asked: GapQuestion, language: str) -> Gap:
    vector = _unpacked(asked.vector)
    nearest = _nearest(vector, language)
    if nearest is None:
        gap = Gap(
            title=human_answers.title_of(asked.text),
            language=language,
            vector_sum=asked.vector,
            first_asked_at=asked.asked_at,
            last_asked_at=asked.asked_at,
            question_count=1,
        )
    else:
        gap = Gap.objects.select_for_update(of=("self",), no_key=True).get(pk=nearest)
        _add(gap, vector, asked)
    gap.save()
    asked.gap = gap
    asked.save()
    return _merged(gap)


def _add(gap: Gap, vector: Vectors, asked: GapQuestion) -> None:
    # Where every question has expired the sum keeps the direction of what was asked, which counts as none.
    gap.vector_sum = _packed(_unpacked(gap.vector_sum) + vector if gap.question_count else vector)
    gap.question_count += 1
    gap.first_asked_at = min(gap.first_asked_at, asked.asked_at)
    gap.last_asked_at = max(gap.last_asked_at, asked.asked_at)
    if gap.covered_at and asked.asked_at > gap.covered_at:
        _reopen(gap)


def _reopen(gap: Gap) -> None:
    gap.state, gap.covered_at, gap.article = Gap.State.OPEN, None, None
    gap.reopened_at = clock.now()


def _nearest(vector: Vectors, language: str, *, but: Gap | None = None) -> int | None:
    """Find the gap whose questions are on average most like a vector, if they are like enough."""
    rows = Gap.objects.filter(language=language).order_by("pk")
    if but is not None:
        # What was decided is not decided anew by a group that grew towards it.
        rows = rows.exclude(pk=but.pk).filter(state__in=Gap.WANTED)
    found = list(rows.values_list("pk", "vector_sum", "question_count"))
    if not found:
        return None
    sums = np.frombuffer(b"".join(bytes(row[1]) for row in found), dtype=np.float32).reshape(len(found), -1)
    alike = (sums @ vector) / np.array([max(row[2], 1) for row in found], dtype=np.float32)
    best = int(np.argmax(alike))
    return int(found[best][0]) if alike[best] >= SAME_GAP else None


def _merged(gap: Gap) -> Gap:
    """Join gaps that the last question brought together, then choose the title anew."""
    while gap.is_wanted:
        middle: Vectors = (_unpacked(gap.vector_sum) / gap.question_count).astype(np.float32)
        other_id = _nearest(middle, gap.language, but=gap)
        if other_id is None:
            break
        other = Gap.objects.select_for_update(of=("self",), no_key=True).get(pk=other_id)
        # What somebody planned, and then the older one, keeps its page and its owner.
        kept, gone = sorted((gap, other), key=lambda g: (g.state != Gap.State.PLANNED, g.pk))
        gap = _join(kept, gone)
    if not gap.is_title_edited and gap.state == Gap.State.OPEN:
        gap.title = title_of(gap)
        gap.save(update_fields=["title"])
    return gap


def _join(kept: Gap, gone: Gap) -> Gap:
    gone.questions.update(gap=kept)
    kept.vector_sum = _packed(sum((_unpacked(g.vector_sum) for g in (kept, gone) if g.question_count), _none()))
    kept.question_count += gone.question_count
    kept.first_asked_at = min(kept.first_asked_at, gone.first_asked_at)
    kept.last_asked_at = max(kept.last_asked_at, gone.last_asked_at)
    kept.wants_check = kept.wants_check or gone.wants_check
    kept.save()
    gone.delete()
    return kept


def title_of(gap: Gap) -> str:
    """Take the question in the middle: the one that is most like all of them; there must be one that is not erased."""
    rows = list(gap.questions.exclude(text="").order_by("-asked_at").values_list("text", "vector")[:200])
    vectors = np.frombuffer(b"".join(bytes(row[1]) for row in rows), dtype=np.float32).reshape(len(rows), -1)
    best = int(np.argmax(vectors @ _unpacked(gap.vector_sum)))
    return human_answers.title_of(rows[best][0])


# --- What people decide --------------------------------------------------------------------------
@transaction.atomic
def plan(*, gap_id: int, actor: Actor) -> Gap:
    """Note that somebody writes an article; they own the gap from now on.

    Raises:
        GapSettledError: it is covered or dismissed.
    """
    gap = _lock_wanted(gap_id)
    gap.state, gap.owner_id = Gap.State.PLANNED, actor.id
    gap.save(update_fields=["state", "owner"])
    return gap


@transaction.atomic
def dismiss(*, gap_id: int, actor: Actor, reason: str = "") -> Gap:
    """Decide that no article is wanted; the same question counts on and does not come back to the list.

    Raises:
        GapSettledError: it is covered or dismissed.
    """
    gap = _lock_wanted(gap_id)
    gap.state, gap.owner_id, gap.reason = Gap.State.DISMISSED, actor.id, reason.strip()[:300]
    gap.save(update_fields=["state", "owner", "reason"])
    return gap


@transaction.atomic
def reopen(*, gap_id: int) -> Gap:
    """Put a gap back on the list of what is missing, whatever was decided; an open one stays as it is."""
    gap = Gap.objects.select_for_update(of=("self",), no_key=True).get(pk=gap_id)
    if gap.state == Gap.State.OPEN:
        return gap
    gap.state, gap.owner, gap.reason = Gap.State.OPEN, None, ""
    gap.article, gap.covered_at = None, None
    gap.save(update_fields=["state", "owner", "reason", "article", "covered_at"])
    return gap


@transaction.atomic
def rename(*, gap_id: int, title: str) -> Gap:
    """Give a gap a title of one's own; it stays when more is asked.

    Raises:
        InvalidInputError: no title.
    """
    title = " ".join(title.split())[:300]
    if not title:
        raise InvalidInputError("Write a title.")
    gap = Gap.objects.select_for_update(of=("self",), no_key=True).get(pk=gap_id)
    gap.title, gap.is_title_edited = title, True
    gap.save(update_fields=["title", "is_title_edited"])
    return gap


def _lock_wanted(gap_id: int) -> Gap:
    gap = Gap.objects.select_for_update(of=("self",), no_key=True).get(pk=gap_id)
    if not gap.is_wanted:
        raise GapSettledError(
            f"This gap is {gap.get_state_display().lower()} already. Reopen it first.", state=gap.state
        )
    return gap


# --- Whether articles answer by now ---------------------------------------------------------------
def want_checks() -> int:
    """Note that articles changed, so that every gap is asked again once the document store has followed."""
    changed = Gap.objects.exclude(state=Gap.State.DISMISSED).filter(wants_check=False)
    return changed.update(wants_check=True, checked_at=clock.now() - GRACE)


def due_checks(limit: int = 25) -> list[int]:
    """Take gaps whose questions should be asked again, and leave them to the caller for a minute.

    None while an article still waits for the document store: an import of a thousand files is followed by one round.
    """
    now = clock.now()
    due = list(
        Gap.objects.filter(wants_check=True, checked_at__lte=now - GRACE)
        .order_by("checked_at")
        .values_list("pk", flat=True)[:limit]
    )
    if not due or Article.objects.filter(indexed_version__lt=F("index_version"), index_failure="").exists():
        return []
    Gap.objects.filter(pk__in=due).update(checked_at=now)
    return due


def check(gap_id: int) -> Gap | None:
    """Ask a gap's questions again: it is covered when an article published since answers most of them.

    A covered one opens again when its article is gone and nothing else answers. None when it is gone itself.

    Raises:
        SearchUnavailableError: the document store does not answer; it is checked again later.
    """
    gap = Gap.objects.filter(pk=gap_id).select_related("article").first()
    if gap is None:
        return None
    Gap.objects.filter(pk=gap_id).update(wants_check=False)
    try:
        article_id = _covering_article(gap)
    except BaseException:  # whatever failed, it must not be forgotten; it is raised again
        Gap.objects.filter(pk=gap_id).update(wants_check=True)
        raise
    return _settle(gap_id, article_id)


def _covering_article(gap: Gap) -> int | None:
    asked = _asked_again(gap)
    published = dict(Article.objects.values_list("pk", "published_at").filter(state=Article.State.PUBLISHED))
    answering: Counter[int] = Counter()
    for text, asked_at in asked:
        probability, article_id = ask(text, language=gap.language)
        since = published.get(article_id) if article_id is not None else None
        # An article that was there when the question came up has shown that it does not answer it.
        if article_id is not None and since and since > asked_at and probability >= ANSWERED:
            answering[article_id] += 1
    if not asked or sum(answering.values()) < math.ceil(COVERED_SHARE * len(asked)):
        return None
    return answering.most_common(1)[0][0]


def _asked_again(gap: Gap) -> Sequence[tuple[str, datetime]]:
    """Give the latest questions in different words, each with the time it was asked last."""
    latest: dict[str, tuple[str, datetime]] = {}
    readable = gap.questions.exclude(text="").order_by("-asked_at")
    for text, asked_at in readable.values_list("text", "asked_at")[: 8 * ASKED_AGAIN]:
        latest.setdefault(text.casefold(), (text, asked_at))
    return list(latest.values())[:ASKED_AGAIN]


@transaction.atomic
def _settle(gap_id: int, article_id: int | None) -> Gap | None:
    gap = Gap.objects.select_for_update(of=("self",), no_key=True).filter(pk=gap_id).first()
    if gap is None:
        return None
    now = clock.now()
    gap.checked_at = now
    if article_id is not None and gap.is_wanted:
        gap.state, gap.article_id, gap.covered_at = Gap.State.COVERED, article_id, now
    elif article_id is not None and gap.state == Gap.State.COVERED:
        gap.article_id = article_id
    elif gap.state == Gap.State.COVERED and not (gap.article and gap.article.is_published):
        _reopen(gap)
    gap.save(update_fields=["checked_at", "state", "article", "covered_at", "reopened_at"])
    return gap


def _packed(vector: Vectors) -> bytes:
    return vector.astype(np.float32).tobytes()


def _none() -> Vectors:
    return np.zeros(1, dtype=np.float32)


def _unpacked(stored: bytes | memoryview) -> Vectors:
    return np.frombuffer(bytes(stored), dtype=np.float32)
