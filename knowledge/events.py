"""Facts that knowledge announces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePublished:
    """An article's current revision changed and readers see it; the document store has to follow."""

    article_id: int
    revision_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleArchived:
    """An article is gone for readers; the document store has to forget it."""

    article_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionMade:
    """Something could be learned; `support_count` tells how often it was seen."""

    suggestion_id: int
    support_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionDecided:
    """A person approved or rejected a suggestion; `article_id` is null when nothing was published."""

    suggestion_id: int
    state: str
    article_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChosen:
    """Somebody wants searches to use this retrieval profile; its store has to be built first."""

    profile_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchUnanswered:
    """Somebody searched the help center and articles had no good answer; `question` holds no personal data."""

    question: str
    probability: float
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckWanted:
    """Articles are to be looked through for duplicates, contradictions and what is out of date."""

    check_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequested:
    """A source is to be imported; a worker has to take the run."""

    run_id: int
