"""Write, publish and archive articles; every change of text is a revision."""

import re
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from knowledge.errors import (
    ArticleArchivedError,
    ArticleEndedError,
    ArticleNotFoundError,
    EmptyArticleError,
    SlugTakenError,
)
from knowledge.events import ArticleArchived, ArticlePublished
from knowledge.models import Article, Revision, content_hash
from knowledge.services.article_changes import describe_change, note_change
from knowledge.services.categories import category_named
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor
from supportai.core.events import publish

MAX_SLUG = 190
MAX_TITLE = 300
DETAILS = frozenset({"slug", "audience", "language", "product", "category", "valid_until", "translation_of"})
# Words that the help center's own pages use after /help/.
RESERVED_SLUGS = frozenset({"search", "feedback", "topics"})
# How staff take a page away from readers without archiving it, in words for the list of changes.
WITHDRAWN = {
    Article.State.DRAFT: "made it a draft",
    Article.State.IN_REVIEW: "sent it to review",
    Article.State.STALE: "marked it stale",
}


@transaction.atomic
def create_article(
    *,
    title: str,
    body: str,
    actor: Actor,
    slug: str = "",
    is_published: bool = False,
    **fields: Any,
) -> Article:
    """Store a new article with its first revision, and publish it at once if told to.

    `fields` are further columns of `Article`, such as audience, language, product, origin, source and external_id;
    without a category, the product names it.

    Raises:
        EmptyArticleError: no title or no text.
        SlugTakenError: a given slug is in use; without one a free slug is made from the title.
    """
    title, body = _cleaned(title, body)
    if slug and _is_taken(slug):
        raise SlugTakenError(f"Another page has the address {slug}.", slug=slug)
    fields["category"] = fields.get("category") or category_named(fields.get("product", ""))
    article = Article.objects.create(title=title, slug=slug or free_slug(title), **fields)
    revision = _add_revision(article, title=title, body=body, actor=actor)
    return _publish(article, revision, actor) if is_published else article


@transaction.atomic
def revise_article(*, article_id: int, title: str, body: str, actor: Actor, is_published: bool = True) -> Article:
    """Give an article a new text; the same text again changes nothing.

    With `is_published` the new revision is what readers see from now on, otherwise it waits as the latest draft.

    Raises:
        ArticleNotFoundError: there is no such article.
        ArticleArchivedError: it is archived.
        EmptyArticleError: no title or no text.
    """
    title, body = _cleaned(title, body)
    article = _lock(article_id)
    if article.state == Article.State.ARCHIVED:
        raise ArticleArchivedError("This article is archived. Restore it before changing it.", slug=article.slug)
    latest = article.revisions.order_by("-number").first()
    if latest is None or latest.content_hash != content_hash(title, body):
        latest = _add_revision(article, title=title, body=body, actor=actor)
    return _publish(article, latest, actor) if is_published else article


@transaction.atomic
def bring_back_revision(*, article_id: int, number: int, actor: Actor) -> Article:
    """Make an earlier text the latest one, as a new revision; readers see it at once where the article is published.

    Raises:
        ArticleNotFoundError: there is no such article or revision.
        ArticleArchivedError: it is archived.
    """
    revision = Revision.objects.filter(article_id=article_id, number=number).first()
    if revision is None:
        raise ArticleNotFoundError("There is no such revision.")
    article = _lock(article_id)
    before = article.revisions.count()
    article = revise_article(
        article_id=article_id,
        title=revision.title,
        body=revision.body,
        actor=actor,
        is_published=article.is_published,
    )
    if article.revisions.count() > before:
        note_change(article, f"brought revision {number} back as revision {before + 1}", actor)
    return article


@transaction.atomic
def publish_article(*, article_id: int, actor: Actor = SYSTEM) -> Article:
    """Show an article's latest revision to readers and announce `ArticlePublished`; again changes nothing.

    Raises:
        ArticleNotFoundError: there is no such article, or it has no text yet.
        ArticleArchivedError: it is archived.
        ArticleEndedError: its last day is over.
    """
    article = _lock(article_id)
    if article.state == Article.State.ARCHIVED:
        raise ArticleArchivedError("This article is archived. Restore it before publishing it.", slug=article.slug)
    if article.has_ended:
        raise ArticleEndedError("Its last day is over. Give it a later day, or clear it, before publishing it.")
    latest = article.revisions.order_by("-number").first()
    if latest is None:
        raise ArticleNotFoundError("This article has no text yet.")
    return _publish(article, latest, actor)


@transaction.atomic
def withdraw_article(*, article_id: int, state: Article.State, actor: Actor = SYSTEM) -> Article:
    """Take an article away from readers and from the AI agent as a draft, in review or stale; publishing brings it back.

    Raises:
        ArticleNotFoundError: there is no such article.
        ArticleArchivedError: it is archived.
        ValueError: `state` is no such state.
    """
    if state not in WITHDRAWN:
        raise ValueError(f"An article is not withdrawn to {state}.")
    article = _lock(article_id)
    if article.state == Article.State.ARCHIVED:
        raise ArticleArchivedError("This article is archived. Restore it first.", slug=article.slug)
    if article.state == state:
        return article
    was_published = article.is_published
    article.state = state
    _mark_changed(article, ["state"])
    note_change(article, WITHDRAWN[state], actor)
    if was_published:
        publish(ArticleArchived(article_id=article.pk))
    return article


def withdraw_ended() -> int:
    """Mark published articles stale whose last day is over, and count them; cheap when there are none."""
    ended = Article.objects.filter(state=Article.State.PUBLISHED, valid_until__lt=clock.today())
    ids = list(ended.values_list("pk", flat=True)[:500])
    for article_id in ids:
        withdraw_article(article_id=article_id, state=Article.State.STALE)
    return len(ids)


@transaction.atomic
def archive_article(*, article_id: int, actor: Actor = SYSTEM) -> Article:
    """Take an article away from readers and from the AI agent, and announce `ArticleArchived`.

    Raises:
        ArticleNotFoundError: there is no such article.
    """
    article = _lock(article_id)
    if article.state == Article.State.ARCHIVED:
        return article
    article.state = Article.State.ARCHIVED
    _mark_changed(article, ["state"])
    note_change(article, "archived it", actor)
    publish(ArticleArchived(article_id=article.pk))
    return article


@transaction.atomic
def describe_article(*, article_id: int, actor: Actor = SYSTEM, **fields: Any) -> Article:
    """Change what is known about an article besides its text: the columns of `DETAILS`.

    An article without a category gets the one that its product names.

    Raises:
        ArticleNotFoundError: there is no such article.
        SlugTakenError: another page has the given slug.
    """
    article = _lock(article_id)
    if fields.get("category", article.category) is None:
        fields["category"] = category_named(fields.get("product", article.product))
    changed = [name for name, value in fields.items() if name in DETAILS and getattr(article, name) != value]
    if not changed:
        return article
    if "slug" in changed and _is_taken(fields["slug"]):
        raise SlugTakenError(f"Another page has the address {fields['slug']}.", slug=fields["slug"])
    words = [describe_change(name, getattr(article, name), fields[name]) for name in sorted(changed)]
    note_change(article, f"changed {', '.join(words)}", actor)
    for name in changed:
        setattr(article, name, fields[name])
    _mark_changed(article, changed)
    if article.current_revision_id is not None and article.is_published:
        publish(ArticlePublished(article_id=article.pk, revision_id=article.current_revision_id))
    return article


@transaction.atomic
def restore_article(*, article_id: int, actor: Actor = SYSTEM) -> Article:
    """Bring an archived article back as a draft.

    Raises:
        ArticleNotFoundError: there is no such article.
    """
    article = _lock(article_id)
    if article.state == Article.State.ARCHIVED:
        article.state = Article.State.DRAFT
        article.save(update_fields=["state"])
        note_change(article, "restored it as a draft", actor)
        article.documents.update(is_archived_by_import=False)
    return article


def text_hash(title: str, body: str) -> str:
    """Hash a text as a revision of it would.

    Raises:
        EmptyArticleError: no title or no text.
    """
    return content_hash(*_cleaned(title, body))


def free_slug(title: str) -> str:
    """Make a slug from a title that no other article has; ends in a number where needed."""
    base = slugify(title)[:MAX_SLUG].strip("-") or "article"
    if base not in RESERVED_SLUGS and not Article.objects.filter(slug=base).exists():
        return base
    taken = Article.objects.filter(slug__regex=rf"^{re.escape(base)}-[0-9]+$").values_list("slug", flat=True)
    numbers = [int(slug.rpartition("-")[2]) for slug in taken]
    return f"{base}-{max(numbers, default=1) + 1}"


def _is_taken(slug: str) -> bool:
    return slug in RESERVED_SLUGS or Article.objects.filter(slug=slug).exists()


def _cleaned(title: str, body: str) -> tuple[str, str]:
    title = " ".join(title.split())[:MAX_TITLE]
    body = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    if not title:
        raise EmptyArticleError("Give the article a title.")
    if not body:
        raise EmptyArticleError("The article has no text.", title=title)
    return title, body


def _lock(article_id: int) -> Article:
    article = Article.objects.select_for_update(of=("self",), no_key=True).filter(pk=article_id).first()
    if article is None:
        raise ArticleNotFoundError("There is no such article.")
    return article


def _add_revision(article: Article, *, title: str, body: str, actor: Actor) -> Revision:
    last = article.revisions.order_by("-number").values_list("number", flat=True).first()
    return Revision.objects.create(
        article=article,
        number=(last or 0) + 1,
        title=title,
        body=body,
        content_hash=content_hash(title, body),
        author_id=actor.id if actor.kind == "staff" else None,
    )


def _publish(article: Article, revision: Revision, actor: Actor) -> Article:
    if article.is_published and article.current_revision_id == revision.pk:
        return article
    article.state = Article.State.PUBLISHED
    article.title = revision.title
    article.current_revision = revision
    article.published_at = clock.now()
    _mark_changed(article, ["state", "title", "current_revision", "published_at"])
    note_change(article, f"published revision {revision.number}", actor)
    publish(ArticlePublished(article_id=article.pk, revision_id=revision.pk))
    return article


def _mark_changed(article: Article, fields: list[str]) -> None:
    """Save, and note that the document store has to follow."""
    article.index_version += 1
    article.index_attempts = 0
    article.index_failure = ""
    article.save(update_fields=[*fields, "index_version", "index_attempts", "index_failure"])
