"""What a source does not hold any more: its articles are archived, unless so much is gone that a mistake is likelier."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from knowledge.models import Article, ImportRun, SourceDocument
from knowledge.services import articles

State = SourceDocument.State
# Between a folder and a file in it that holds many documents.
INSIDE = "::"
GONE = "It is not in the source any more."
MISSING = "It was not found at the last import; its article is still published."


@dataclass(frozen=True, slots=True)
class Losses:
    """How many articles were archived, and what somebody should look at."""

    archived: int = 0
    warning: str = ""


def archive_lost(
    run: ImportRun, *, complete: Collection[str], partial: Collection[str] = (), is_accepted: bool = False
) -> Losses:
    """Archive the articles of documents that this run did not meet, in the containers that it read whole.

    A file in a folder that holds many documents is a container of its own, `<folder>::<file>`, and complete with the
    folder. Of `partial` containers nothing is archived. When nothing was found, or more than half of what was known is
    gone, nothing is archived: the documents are marked as missing and the warning says so. `is_accepted` is a person's
    word that it is right.
    """
    known = SourceDocument.objects.filter(source_id=run.source_id).exclude(state=State.GONE)
    known = known.exclude(container__in=partial)
    if complete or not is_accepted:
        inside = Q(container__in=complete)
        for container in complete:
            inside |= Q(container__startswith=f"{container}{INSIDE}") if container else Q()
        known = known.filter(inside)
    lost = known.exclude(run=run)
    # A failure or something left out that is not there any more leaves nothing behind.
    lost.filter(article__isnull=True).delete()
    lost = lost.filter(article__isnull=False)
    count = lost.count()
    if not count:
        return Losses()
    before = known.filter(article__isnull=False, created_at__lt=run.started_at or run.created_at).count()
    found = known.filter(run=run).exclude(state__in=(State.FAILED, State.SKIPPED)).count()
    if not is_accepted and (not found or count * 2 > before):
        lost.update(state=State.MISSING, reason=MISSING)
        return Losses(warning=_warning(count, before, found))
    return Losses(archived=archive_documents(lost))


def archive_gone(run: ImportRun, addresses: Collection[str]) -> Losses:
    """Archive the articles of pages that their site says are gone, also when a crawl did not come to its end.

    More than half of what is known is a site that is broken, not one that was tidied up: then nothing is archived.
    """
    known = SourceDocument.objects.filter(source_id=run.source_id, article__isnull=False).exclude(state=State.GONE)
    lost = known.filter(external_id__in=addresses)
    count, before = lost.count(), known.count()
    if count * 2 > before:
        lost.update(state=State.MISSING, reason=MISSING)
        return Losses(warning=_warning(count, before, before - count))
    return Losses(archived=archive_documents(lost))


def archive_documents(lost: QuerySet[SourceDocument]) -> int:
    """Archive the articles of documents that are gone, and count them; a person's archive stays a person's."""
    archived = 0
    for document in list(lost.select_related("article")):
        with transaction.atomic():
            article = document.article
            if article is not None and article.state != Article.State.ARCHIVED:
                articles.archive_article(article_id=article.pk)
                document.is_archived_by_import = True
                archived += 1
            document.state = State.GONE
            # A reason of the run, such as why a page is left out now, says more.
            document.reason = document.reason if document.reason.startswith("Left out") else GONE
            document.save(update_fields=["state", "reason", "is_archived_by_import"])
    return archived


def _warning(count: int, before: int, found: int) -> str:
    what = "nothing was found" if not found else f"{count} of {before} documents are gone"
    return (
        f"Nothing was archived, because {what}: that looks like a mistake. "
        "If it is right, choose “Archive what is missing”."
    )
