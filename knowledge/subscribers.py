"""Reactions of knowledge: make the document store follow what is published and archived, and which model is chosen."""

from knowledge import events, tasks
from knowledge.services import gap_words, gaps
from supportai.core.events import subscribe
from supportai.core.privacy import on_erase
from supportai.core.sweeps import sweep

sweep(tasks.enqueue_due_articles)
sweep(tasks.withdraw_ended_articles)
sweep(tasks.expire_suggestions)
sweep(tasks.enqueue_due_builds)
sweep(tasks.drop_retired_stores)
sweep(tasks.enqueue_due_gap_checks)
sweep(tasks.enqueue_due_hygiene)
sweep(tasks.enqueue_due_imports)
on_erase(gap_words.erase_contact)


@subscribe(events.ArticlePublished)
def index_published(event: events.ArticlePublished) -> None:
    """Wake a worker."""
    tasks.index_articles([event.article_id])


@subscribe(events.ArticleArchived)
def forget_archived(event: events.ArticleArchived) -> None:
    """Wake a worker."""
    tasks.index_articles([event.article_id])


@subscribe(events.ProfileChosen)
def build_chosen(event: events.ProfileChosen) -> None:
    """Wake a worker."""
    tasks.build_profile(event.profile_id)


@subscribe(events.ArticlePublished)
def ask_gaps_again(_event: events.ArticlePublished) -> None:
    """Let the sweep ask every gap's questions once the document store has followed."""
    gaps.want_checks()


@subscribe(events.ArticleArchived)
def ask_covered_gaps_again(_event: events.ArticleArchived) -> None:
    """Let the sweep look whether what this article answered has an answer still."""
    gaps.want_checks()


@subscribe(events.SearchUnanswered)
def note_search(event: events.SearchUnanswered) -> None:
    """Let a worker group the question."""
    tasks.note_search(event.question, event.probability, event.language)


@subscribe(events.CheckWanted)
def look_through_articles(event: events.CheckWanted) -> None:
    """Wake a worker."""
    tasks.look_through_articles(event.check_id)


@subscribe(events.ImportRequested)
def import_requested(event: events.ImportRequested) -> None:
    """Wake a worker."""
    tasks.import_source(event.run_id)
