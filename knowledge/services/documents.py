"""Store one document of a source as an article, and write down at its row what became of it."""

import re
from dataclasses import dataclass, replace

from django.db import DataError, transaction

from knowledge.documents import ImportedDocument
from knowledge.models import Article, ImportRun, Revision, Source, SourceDocument
from knowledge.models.source import MAX_EXTERNAL_ID
from knowledge.services import articles
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.errors import DomainError

CREATED, UPDATED, UNCHANGED, KEPT, FAILED = "created", "updated", "unchanged", "kept", "failed"
State = SourceDocument.State

ARCHIVED_HERE = "Somebody archived the article, so the import leaves it archived."
EDITED_HERE = "Edited here since the last import; the text here stays."
EDITED_AND_CHANGED = (
    "Edited here since the last import, and the document has changed too. The text here stays. To take the document's, "
    "restore the imported revision of the article and import again."
)
LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,6})?$")
# PostgreSQL refuses NUL, and no reader sees the others; a form feed or vertical tab parts lines.
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
LINE_CONTROLS = re.compile(r"[\x0b\x0c]")
MAX_PRODUCT, MAX_SLUG, MAX_TITLE = 80, 190, 300
REVISABLE = frozenset({Article.State.PUBLISHED, Article.State.STALE})


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known about a document besides itself: the run that brought it, where it was found, who asked."""

    run: ImportRun
    source: Source
    actor: Actor
    audience: str
    container: str = ""


def store_document(document: ImportedDocument, arrival: Arrival) -> tuple[str, str]:
    """Store a document and say what happened (created, updated, unchanged, kept or failed), with the reason if failed.

    A text that a person edited here is never overwritten, and what a person archived is never brought back.
    """
    if len(document.external_id) > MAX_EXTERNAL_ID:
        reason = f"Its path or id is longer than {MAX_EXTERNAL_ID} characters."
        return fail_document(document.external_id, reason, arrival)
    document = replace(document, title=_readable(document.title), body=_readable(document.body))
    try:
        with transaction.atomic():
            return _store(document, arrival), ""
    except DomainError as exc:
        return fail_document(document.external_id, exc.message, arrival, title=document.title)
    except (DataError, ValueError):
        return fail_document(document.external_id, "It holds characters that cannot be stored.", arrival)


def fail_document(external_id: str, reason: str, arrival: Arrival, *, title: str = "") -> tuple[str, str]:
    """Write down that a document was not imported; its article, if it has one, stays as it is."""
    row = _row(_storable(external_id), arrival)
    row.state, row.reason = State.FAILED, reason
    row.title = row.title or _storable(title)[:MAX_TITLE]
    _note(row, arrival)
    return FAILED, reason


def skip_document(external_id: str, reason: str, arrival: Arrival) -> None:
    """Write down that a document is left out on purpose; one that has an article is for the end of the run to judge."""
    row = _row(_storable(external_id), arrival)
    if row.article_id is not None:
        SourceDocument.objects.filter(pk=row.pk).update(reason=reason)
        return
    row.state, row.reason = State.SKIPPED, reason
    _note(row, arrival)


def confirm_document(external_id: str, arrival: Arrival, **validators: object) -> str:
    """Note that a known document is what it was; its validators (etag, last_modified, links) may be new."""
    row = _row(external_id, arrival)
    for name, value in validators.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
    article = row.article
    if article is not None and article.state == Article.State.ARCHIVED and row.is_archived_by_import:
        # It was gone and is back with the text that is known.
        _bring_back(article)
        row.is_archived_by_import = False
        row.state, row.reason = State.IMPORTED, ""
        _note(row, arrival)
        return UPDATED
    latest = _latest(article) if article is not None else None
    kept = "" if article is None or latest is None else _reason_to_keep(article, latest, row)
    row.state, row.reason = (State.KEPT, kept) if kept else (State.UNCHANGED, row.reason if _is_note(row) else "")
    _note(row, arrival)
    return KEPT if kept else UNCHANGED


def _is_note(row: SourceDocument) -> bool:
    """Tell whether the reason is one about the text, which is as true as before."""
    return row.state in {State.IMPORTED, State.UNCHANGED}


def _store(document: ImportedDocument, arrival: Arrival) -> str:
    row = _row(document.external_id, arrival)
    new_hash = articles.text_hash(document.title, document.body)
    article = row.article
    if article is None:
        row.article = _create(document, arrival)
        outcome, row.state, row.reason = CREATED, State.IMPORTED, document.note
    else:
        outcome = _revise(document, row, article, new_hash, arrival.actor)
    if outcome != KEPT:
        row.imported_hash = new_hash
    row.title = document.title[:MAX_TITLE]
    row.content_hash = document.content_hash or new_hash
    row.etag, row.last_modified = document.etag[:300], document.last_modified[:100]
    row.links = None if document.links is None else list(document.links)
    _note(row, arrival)
    return outcome


def _create(document: ImportedDocument, arrival: Arrival) -> Article:
    source = arrival.source
    slug = document.slug[:MAX_SLUG]
    is_free = slug not in articles.RESERVED_SLUGS and not Article.objects.filter(slug=slug).exists()
    return articles.create_article(
        title=document.title,
        body=document.body,
        actor=arrival.actor,
        slug=slug if is_free else "",
        is_published=True,
        source=source,
        external_id=document.external_id,
        origin=Article.Origin.CRAWL if source.is_crawled else Article.Origin.ARTICLE,
        audience=arrival.audience or source.audience,
        language=document.language if LANGUAGE.match(document.language) else source.language,
        product=(document.product or source.product)[:MAX_PRODUCT],
    )


def _revise(document: ImportedDocument, row: SourceDocument, article: Article, new_hash: str, actor: Actor) -> str:
    """Give a known article the document's text, unless a person's decision stands against it."""
    latest = _latest(article)
    if article.state == Article.State.ARCHIVED and row.is_archived_by_import:
        articles.restore_article(article_id=article.pk)
        article.refresh_from_db()
        row.is_archived_by_import = False
        if latest is not None and _is_edited(latest, row):
            _bring_back(article)
            row.state, row.reason = State.KEPT, EDITED_HERE
            return KEPT
        articles.revise_article(article_id=article.pk, title=document.title, body=document.body, actor=actor)
        row.state, row.reason = State.IMPORTED, document.note
        return UPDATED
    kept = _reason_to_keep(article, latest, row) if latest is not None and latest.content_hash != new_hash else ""
    if article.state == Article.State.ARCHIVED:
        kept = ARCHIVED_HERE
    if kept:
        row.state = State.KEPT
        row.reason = EDITED_AND_CHANGED if kept == EDITED_HERE and new_hash != row.imported_hash else kept
        return KEPT
    if latest is not None and latest.content_hash == new_hash:
        row.state, row.reason = State.UNCHANGED, document.note
        return UNCHANGED
    articles.revise_article(
        article_id=article.pk,
        title=document.title,
        body=document.body,
        actor=actor,
        # What a person made a draft again is not published by an import.
        is_published=article.state in REVISABLE,
    )
    row.state, row.reason = State.IMPORTED, document.note
    return UPDATED


def _bring_back(article: Article) -> None:
    """Publish again what an import archived, as it was."""
    articles.restore_article(article_id=article.pk)
    articles.publish_article(article_id=article.pk)


def _reason_to_keep(article: Article, latest: Revision, row: SourceDocument) -> str:
    if article.state == Article.State.ARCHIVED:
        return ARCHIVED_HERE
    return EDITED_HERE if _is_edited(latest, row) else ""


def _is_edited(latest: Revision, row: SourceDocument) -> bool:
    """Tell whether a person changed the text since the last import; without a row of then, by who wrote it last."""
    if row.imported_hash:
        return latest.content_hash != row.imported_hash
    return latest.author_id is not None


def _latest(article: Article) -> Revision | None:
    return article.revisions.order_by("-number").first()


def _row(external_id: str, arrival: Arrival) -> SourceDocument:
    """Give a document's row, a new one where it was never met; an article of before there were rows is taken over."""
    row = (
        SourceDocument.objects.select_related("article").filter(source=arrival.source, external_id=external_id).first()
    )
    if row is not None:
        return row
    known = Article.objects.filter(source=arrival.source, external_id=external_id).first()
    return SourceDocument(source=arrival.source, external_id=external_id, article=known)


def _note(row: SourceDocument, arrival: Arrival) -> None:
    row.run, row.container, row.fetched_at = arrival.run, arrival.container, clock.now()
    row.save()


def _readable(text: str) -> str:
    """Leave out control characters, wherever the text came from."""
    return LINE_CONTROLS.sub("\n", CONTROLS.sub("", text))


def _storable(text: str) -> str:
    """Replace what a database refuses, so that the failure itself can be written down."""
    return text.encode("utf-8", "replace").decode().replace("\0", " ")[:MAX_EXTERNAL_ID]
