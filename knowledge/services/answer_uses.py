"""Uses of articles: written down by whoever knows how conversations end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from knowledge.models import AnswerUse, Revision

MAX_SUBJECT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An episode in which articles were quoted; `revision_ids` are those of its citations."""

    origin: str
    subject: str
    revision_ids: Sequence[int]
    ending: str
    rating: int | None
    answered_at: datetime


@transaction.atomic
def put(use: Use) -> int:
    """Store how an episode went for each article that it quoted; again with the same values changes nothing.

    Returns how many articles it quoted.
    """
    articles = set(Revision.objects.filter(pk__in=use.revision_ids).values_list("article_id", flat=True))
    for article_id in sorted(articles):
        AnswerUse.objects.update_or_create(
            article_id=article_id,
            origin=use.origin,
            defaults={
                "subject": use.subject[:MAX_SUBJECT],
                "ending": AnswerUse.Ending(use.ending),
                "rating": use.rating,
                "answered_at": use.answered_at,
            },
        )
    return len(articles)
