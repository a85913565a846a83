"""How long the words of gaps live: those of a search until their day, those of a conversation as long as its contact."""

from collections.abc import Iterable

import numpy as np
from django.db import transaction
from django.db.models import Max, Min

from knowledge.models import Gap, GapQuestion
from knowledge.selectors_gaps import searches_kept
from knowledge.services.embedding import Vectors
from knowledge.services.gaps import title_of
from supportai.core import clock

ERASED = "A question that was erased"


@transaction.atomic
def erase_contact(contact_id: int) -> int:
    """Remove what a contact asked from every gap, and the titles made of it; how often it was asked stays.

    A gap of which no words are left is deleted, unless somebody has decided about it or named it. Returns the number of
    questions that were emptied.
    """
    theirs = GapQuestion.objects.filter(contact=contact_id)
    gaps = _locked(theirs.values_list("gap", flat=True))
    emptied = theirs.update(text="", vector=b"", contact=None, updated_at=clock.now())
    for gap in gaps:
        _without_words(gap)
    return emptied


def _without_words(gap: Gap) -> None:
    vectors = _vectors(gap)
    is_nameless = not gap.is_title_edited
    if not vectors and is_nameless and gap.state == Gap.State.OPEN:
        gap.delete()
        return
    # Erased questions count on with the direction of those that are left, so that the mean is theirs alone.
    mean = np.mean(vectors, axis=0) if vectors else np.zeros(len(bytes(gap.vector_sum)) // 4)
    gap.vector_sum = (mean * gap.question_count).astype(np.float32).tobytes()
    if is_nameless:
        gap.title = title_of(gap) if vectors else ERASED
    gap.save(update_fields=["vector_sum", "title"])


def expire_searches() -> int:
    """Delete the searches that are older than the help center's settings keep them; returns how many.

    Counts and times of their gaps follow. An open gap of which nothing is left goes too; one that somebody planned or
    dismissed, and one that an article covers, stays as what was decided.
    """
    old = GapQuestion.objects.filter(kind=GapQuestion.Kind.SEARCHED, asked_at__lte=clock.now() - searches_kept())
    return sum(_expire(gap_id) for gap_id in sorted(set(old.values_list("gap", flat=True))))


@transaction.atomic
def _expire(gap_id: int) -> int:
    gap = next(iter(_locked([gap_id])), None)
    if gap is None:
        return 0
    before = max(gap.question_count, 1)
    old = gap.questions.filter(kind=GapQuestion.Kind.SEARCHED, asked_at__lte=clock.now() - searches_kept())
    expired = old.delete()[0]
    left = gap.questions.aggregate(first=Min("asked_at"), last=Max("asked_at"))
    gap.question_count = gap.questions.count()
    vectors = _vectors(gap)
    if gap.state == Gap.State.OPEN and not vectors and (not gap.question_count or not gap.is_title_edited):
        gap.delete()
        return expired
    if gap.question_count:
        gap.first_asked_at, gap.last_asked_at = left["first"], left["last"]
    mean = np.mean(vectors, axis=0) if vectors else np.frombuffer(bytes(gap.vector_sum), np.float32) / before
    gap.vector_sum = (mean * max(gap.question_count, 1)).astype(np.float32).tobytes()
    if not gap.is_title_edited:
        gap.title = title_of(gap) if vectors else ERASED
    gap.save()
    return expired


def _locked(ids: Iterable[int]) -> list[Gap]:
    rows = Gap.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=set(ids))
    return list(rows.order_by("pk"))


def _vectors(gap: Gap) -> list[Vectors]:
    stored = gap.questions.exclude(text="").values_list("vector", flat=True)
    return [np.frombuffer(bytes(vector), dtype=np.float32) for vector in stored]
