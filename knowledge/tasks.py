"""Queue entries of knowledge: they take ids, are safe to run twice, and hold no rules."""

import structlog
from huey.contrib.djhuey import db_task

from knowledge.errors import EmbeddingUnavailableError, SearchUnavailableError
from knowledge.services import articles, gaps, hygiene, importing, ingestion, learning, profiles, sources
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


def withdraw_ended_articles() -> int:
    """Take articles away from readers whose last day is over."""
    return articles.withdraw_ended()


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
def note_search(question: str, probability: float, language: str) -> None:
    """Note what was searched in the help center without a good answer."""
    gaps.note_search(question=question, probability=probability, language=language)


@db_task()
def check_gaps(gap_ids: list[int]) -> None:
    """Ask gaps' questions again; while the document store does not answer, the sweep comes back to them."""
    for gap_id in gap_ids:
        try:
            gaps.check(gap_id)
        except SearchUnavailableError as exc:
            log.warning("knowledge.gap_check_waits", gap=gap_id, reason=exc.message)
            return


def enqueue_due_gap_checks() -> int:
    """Enqueue the gaps whose questions may be answered by now."""
    due = gaps.due_checks()
    if due:
        check_gaps(due)
    return len(due)


@db_task()
def look_through_articles(check_id: int) -> None:
    """Look for duplicates, contradictions and what is out of date; a failure is written down at the check."""
    hygiene.run_check(check_id)


def enqueue_due_hygiene() -> int:
    """Start the night's check, and enqueue again one whose worker was lost."""
    hygiene.start_nightly()
    due = hygiene.due_checks()
    for check_id in due:
        look_through_articles(check_id)
    return len(due)


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
