"""Build a document store anew beside the one in use, and lose nothing that changes meanwhile."""

from collections.abc import Callable, Iterator, Sequence

from django.db.models import F, QuerySet

from knowledge.errors import RebuildIncompleteError
from knowledge.models import Article, Passage
from knowledge.services.passages import BATCH, Target, follow, product_target, write_passages

OnBatch = Callable[[int], object]
# How often articles that change again and again are taken before their own indexing has to do it.
MAX_ROUNDS = 20
VERIFY_ROUNDS = 3


def rebuild_store(on_batch: OnBatch = lambda count: None, *, is_split_again: bool = False) -> int:
    """Write every published passage to a store anew and put it in place of the one in use; count the passages.

    Searches go on meanwhile, and what is published or archived meanwhile counts. With `is_split_again` the passages
    are cut anew from the articles.

    Raises:
        DomainError: the document store or the profile's endpoint failed, or the new store is not complete
            (RebuildIncompleteError); what was in use stays in use.
    """
    target = product_target()
    seen = versions()
    count = refill(target, seen, on_batch, is_split_again=is_split_again)
    catch_up(target, seen)
    return count


def refill(target: Target, seen: dict[int, int], on_batch: OnBatch, *, is_split_again: bool = False) -> int:
    """Fill a store anew, check it against our tables, and put it in place of what it was; count its passages.

    Raises:
        DomainError: as for `rebuild_store`.
    """
    with target.store.rebuilding() as store:
        fresh, mark = Target(store, target.profile), store.mark()
        fill(fresh, on_batch, is_split_again=is_split_again)
        catch_up(fresh, seen)
        return verify(fresh, seen, since=mark)


def verify(target: Target, seen: dict[int, int], *, since: int) -> int:
    """Compare what was written since a mark with the passages in our tables, and count them.

    What differs because it changes right now is followed and compared again.

    Raises:
        RebuildIncompleteError: passages are missing in the store, or too many are in it.
    """
    missing, extra = 0, 0
    for _round in range(VERIFY_ROUNDS):
        wanted, held = searchable_ids(), set(target.store.document_ids(since=since))
        missing, extra = len(wanted - held), len(held - wanted)
        if not missing and not extra:
            return len(held)
        catch_up(target, seen)
    raise RebuildIncompleteError(
        f"The new index lacks {missing:,} of {len(wanted):,} passages and holds {extra:,} too many, so searches stay with "
        "the old one. Try again; if it happens again, the document store loses what is written to it."
    )


def searchable_ids() -> set[str]:
    """Give the ids of the passages that searches should find."""
    current = Passage.objects.filter(
        revision__article__state=Article.State.PUBLISHED, revision__article__current_revision=F("revision")
    )
    return {str(public_id) for public_id in current.values_list("public_id", flat=True)}


def published_articles() -> QuerySet[Article]:
    """Give the articles whose passages belong into the store."""
    return Article.objects.filter(state=Article.State.PUBLISHED).order_by("pk")


def versions() -> dict[int, int]:
    """Give the version of each article that a store has to follow, by id."""
    return dict(Article.objects.values_list("pk", "index_version"))


def fill(target: Target, on_batch: OnBatch, *, is_split_again: bool = False) -> int:
    """Write the passages of all published articles; call `on_batch` with the size of each batch; count the passages."""
    count = 0
    for batch in _batches(list(published_articles().values_list("pk", flat=True))):
        live = list(published_articles().filter(pk__in=batch).select_related("current_revision"))
        count += len(write_passages(live, target, is_split_again=is_split_again))
        on_batch(len(batch))
    return count


def catch_up(target: Target, seen: dict[int, int]) -> None:
    """Follow the articles that changed since `seen`, which is brought up to date, until none is left.

    Called before the store is put to use, and again after: a change that was indexed into the old store in between
    had raised its article's version before.
    """
    for _round in range(MAX_ROUNDS):
        changed = [pk for pk, version in versions().items() if seen.get(pk) != version]
        if not changed:
            return
        for batch in _batches(changed):
            found = list(Article.objects.filter(pk__in=batch).select_related("current_revision"))
            follow(found, target)
            seen |= {article.pk: article.index_version for article in found}


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
