"""Is search as it should be? For `manage.py doctor`."""

from collections.abc import Iterator

from knowledge.errors import SearchUnavailableError
from knowledge.models import RetrievalProfile
from knowledge.services.passages import product_target
from knowledge.services.profiles import due_builds
from knowledge.services.rebuilding import searchable_ids

Finding = tuple[str, bool]


def examine_search() -> Iterator[Finding]:
    """Give findings in words that say what to do, each with whether something is wrong."""
    try:
        yield from _store()
    except SearchUnavailableError as exc:
        text = f"{exc.message} Until it does, the AI agent hands over what it cannot look up, and articles wait."
        yield text, True
    yield from _profiles()


def _store() -> Iterator[Finding]:
    """Compare the document store with the passages that it should hold."""
    ids = searchable_ids()
    store = product_target().store
    held = set(store.document_ids())
    missing, extra = len(ids - held), len(held - ids)
    if missing or extra:
        yield f"The document store lacks {missing} passages and holds {extra} too many; run manage.py reindex.", True
    else:
        yield f"The document store ({store.kind}) holds all {len(ids)} passages.", False
    if store.is_outdated():
        yield "The search index was made by another release; run manage.py reindex.", True


def _profiles() -> Iterator[Finding]:
    for profile in RetrievalProfile.objects.exclude(failure=""):
        yield f"The retrieval profile {profile.name} could not be built: {profile.failure}", True
    for profile in RetrievalProfile.objects.filter(is_active=True).exclude(query_failure=""):
        yield f"Questions are searched by words only, since {profile.name} failed: {profile.query_failure}", True
    if due_builds():
        yield "A retrieval profile waits to be built for minutes; does the server or a worker run?", True
