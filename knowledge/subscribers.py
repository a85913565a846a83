"""Reactions of knowledge: make the document store follow what is published and archived, and which model is chosen."""

from knowledge import events, tasks
from supportai.core.events import subscribe
from supportai.core.sweeps import sweep

sweep(tasks.enqueue_due_articles)
sweep(tasks.expire_suggestions)
sweep(tasks.enqueue_due_builds)
sweep(tasks.drop_retired_stores)
sweep(tasks.enqueue_due_imports)


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


@subscribe(events.ImportRequested)
def import_requested(event: events.ImportRequested) -> None:
    """Wake a worker."""
    tasks.import_source(event.run_id)
