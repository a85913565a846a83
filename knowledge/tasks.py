"""Queue entries of knowledge: they take ids, are safe to run twice, and hold no rules."""

import structlog
from huey.contrib.djhuey import db_task

from knowledge.errors import EmbeddingUnavailableError, SearchUnavailableError
from knowledge.services import importing, ingestion, learning, profiles, sources
from knowledge.services.passages import BATCH

log = structlog.get_logger(__name__)


@db_task()
def index_articles(article_ids: list[int]) -> None:
    """Make the document store follow articles; a failure is written down and tried again by the sweep."""
    try:
        ingestion.index_articles(article_ids)
    except (SearchUnavailableError, EmbeddingUnavailableError) as exc:
        log.warning("knowledge.indexing_waits", articles=len(article_ids), reason=exc.message)
        ingestion.note_failure(article_ids, exc.message, is_passing=True)
    except Exception as exc:  # whatever fails stands at the article, and the sweep tries again
        log.exception("knowledge.indexing_failed", articles=len(article_ids))
        ingestion.note_failure(article_ids, f"{type(exc).__name__}: {exc}")


def enqueue_due_articles() -> int:
    """Enqueue again what waits for the document store; a lost task costs one sweep."""
    due = ingestion.due_articles()
    for start in range(0, len(due), BATCH):
        index_articles(due[start : start + BATCH])
    return len(due)


def expire_suggestions() -> int:
    """Close suggestions that nobody decided for a long time."""
    return learning.expire_old()


@db_task()
def build_profile(profile_id: int) -> None:
    """Build a retrieval profile's store and switch to it; a failure is written down at the profile."""
    profiles.build_profile(profile_id=profile_id)


def enqueue_due_builds() -> int:
    """Enqueue again the builds whose worker was lost."""
    due = profiles.due_builds()
    for profile_id in due:
        build_profile(profile_id)
    return len(due)


def drop_retired_stores() -> int:
    """Give the room of stores back that no search uses any more."""
    return profiles.drop_retired_stores()


@db_task()
def import_source(run_id: int) -> None:
    """Carry out an import that was asked for; a failure is written down at the run."""
    from knowledge.services.source_reading import read_source

    importing.run_import(run_id=run_id, read=read_source)


def enqueue_due_imports() -> int:
    """Ask for refreshes that the schedule says are due, and enqueue again the imports whose worker was lost."""
    sources.request_due_refreshes()
    due = importing.due_runs()
    for run_id in due:
        import_source(run_id)
    return len(due)
