"""Refusals of knowledge."""

from supportai.core.errors import DomainError, InvalidInputError


class ArticleNotFoundError(DomainError):
    """There is no such article, or the asker may not see it."""

    code = "article_not_found"
    status = 404


class ArticleArchivedError(DomainError):
    """An archived article is not changed or published; nothing was done."""

    code = "article_archived"
    status = 409


class ArticleEndedError(DomainError):
    """The last day on which the article is true is over; nothing was published."""

    code = "article_ended"
    status = 409


class EmptyArticleError(InvalidInputError):
    """An article needs a title and a text."""

    code = "empty_article"


class SlugTakenError(DomainError):
    """Another article has this address."""

    code = "slug_taken"
    status = 409


class UnreadableDocumentError(InvalidInputError):
    """A document holds no text that can be used; the message says why."""

    code = "unreadable_document"


class SuggestionDecidedError(DomainError):
    """Somebody decided it before; nothing was changed."""

    code = "suggestion_decided"
    status = 409


class SearchUnavailableError(DomainError):
    """The document store does not answer; nothing was searched or changed, and trying again later may work."""

    code = "search_unavailable"
    status = 503


class EmbeddingUnavailableError(DomainError):
    """The endpoint that makes vectors does not answer, or answers what cannot be used; words still find passages."""

    code = "embedding_unavailable"
    status = 503


class ProfileBusyError(DomainError):
    """The retrieval profile is being built, or is active already; nothing was done."""

    code = "profile_busy"
    status = 409


class GapSettledError(DomainError):
    """The gap is covered or dismissed; nothing was changed."""

    code = "gap_settled"
    status = 409


class FindingDecidedError(DomainError):
    """Somebody decided the finding before; nothing was changed."""

    code = "finding_decided"
    status = 409


class CheckRunningError(DomainError):
    """Articles are being checked at this moment; nothing was started."""

    code = "check_running"
    status = 409


class SourceBusyError(DomainError):
    """The source is being imported; nothing was done."""

    code = "source_busy"
    status = 409


class NothingToImportError(InvalidInputError):
    """The source has no files and no address to read."""

    code = "nothing_to_import"


class SourceUnreadableError(DomainError):
    """Nothing of the source could be read; what was imported before stays."""

    code = "source_unreadable"
    status = 502


class RebuildIncompleteError(DomainError):
    """A store that was filled anew does not hold what our tables do; what was in use stays in use."""

    code = "rebuild_incomplete"
    status = 503
