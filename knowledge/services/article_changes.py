"""Who did what to an article, kept in words beside its revisions."""

from typing import Any

from knowledge.models import Article, ArticleChange
from supportai.core.actors import Actor

# What staff call a column.
NAMES = {"valid_until": "last day", "slug": "address", "translation_of": "translation of"}
MAX_WORDS = 500


def note_change(article: Article, what: str, actor: Actor) -> None:
    """Write down that somebody did something, in a past-tense phrase."""
    ArticleChange.objects.create(
        article=article,
        what=what[:MAX_WORDS],
        actor_kind=actor.kind,
        person_id=actor.id if actor.kind == "staff" else None,
    )


def describe_change(name: str, before: Any, after: Any) -> str:
    """Say in words how one column changed."""
    return f"{NAMES.get(name, name)} from {_shown(before)} to {_shown(after)}"


def _shown(value: Any) -> str:
    return "nothing" if value in {None, ""} else f"“{value}”"
