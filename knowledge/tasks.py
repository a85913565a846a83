"""Queue entries of knowledge: they take ids, are safe to run twice, and hold no rules."""

import structlog
from huey.contrib.djhuey import db_task

from knowledge.services import ingestion, learning

log = structlog.get_logger(__name__)


@db_task()
def index_articles(article_ids: list[int]) -> None:
    """Make the document store follow articles; a failure is written down and tried again by the sweep."""
    try:
        ingestion.index_articles(article_ids)
    except Exception as exc:  # whatever fails stands at the article, and the sweep tries again
        log.exception("knowledge.indexing_failed", articles=len(article_ids))
        ingestion.note_failure(article_ids, f"{type(exc).__name__}: {exc}")


def enqueue_due_articles() -> int:
    """Enqueue again what waits for the document store; a lost task costs one sweep."""
    due = ingestion.due_articles()
    for start in range(0, len(due), ingestion.BATCH):
        index_articles(due[start : start + ingestion.BATCH])
    return len(due)


def expire_suggestions() -> int:
    """Close suggestions that nobody decided for a long time."""
    return learning.expire_old()
