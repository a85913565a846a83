"""Write, publish and archive articles; every change of text is a revision."""

import re
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from knowledge.errors import ArticleArchivedError, ArticleNotFoundError, EmptyArticleError, SlugTakenError
from knowledge.events import ArticleArchived, ArticlePublished
from knowledge.models import Article, Revision, content_hash
from supportai.core import clock
from supportai.core.actors import Actor
from supportai.core.events import publish

MAX_SLUG = 190
MAX_TITLE = 300
DETAILS = frozenset({"slug", "audience", "language", "product"})
# Words that the help center's own pages use after /help/.
RESERVED_SLUGS = frozenset({"search"})


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

    `fields` are further columns of `Article`, such as audience, language, product, origin, source and external_id.

    Raises:
        EmptyArticleError: no title or no text.
        SlugTakenError: a given slug is in use; without one a free slug is made from the title.
    """
    title, body = _cleaned(title, body)
    if slug and _is_taken(slug):
        raise SlugTakenError(f"Another page has the address {slug}.", slug=slug)
    article = Article.objects.create(title=title, slug=slug or free_slug(title), **fields)
    revision = _add_revision(article, title=title, body=body, actor=actor)
    return _publish(article, revision) if is_published else article


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
    return _publish(article, latest) if is_published else article


@transaction.atomic
def publish_article(*, article_id: int) -> Article:
    """Show an article's latest revision to readers and announce `ArticlePublished`; again changes nothing.

    Raises:
        ArticleNotFoundError: there is no such article, or it has no text yet.
        ArticleArchivedError: it is archived.
    """
    article = _lock(article_id)
    if article.state == Article.State.ARCHIVED:
        raise ArticleArchivedError("This article is archived. Restore it before publishing it.", slug=article.slug)
    latest = article.revisions.order_by("-number").first()
    if latest is None:
        raise ArticleNotFoundError("This article has no text yet.")
    return _publish(article, latest)


@transaction.atomic
def archive_article(*, article_id: int) -> Article:
    """Take an article away from readers and from the AI agent, and announce `ArticleArchived`.

    Raises:
        ArticleNotFoundError: there is no such article.
    """
    article = _lock(article_id)
    if article.state == Article.State.ARCHIVED:
        return article
    article.state = Article.State.ARCHIVED
    _mark_changed(article, ["state"])
    publish(ArticleArchived(article_id=article.pk))
    return article


@transaction.atomic
def describe_article(*, article_id: int, **fields: str) -> Article:
    """Change what is known about an article besides its text: slug, audience, language or product (its section).

    Raises:
        ArticleNotFoundError: there is no such article.
        SlugTakenError: another page has the given slug.
    """
    article = _lock(article_id)
    changed = [name for name, value in fields.items() if name in DETAILS and getattr(article, name) != value]
    if not changed:
        return article
    if "slug" in changed and _is_taken(fields["slug"]):
        raise SlugTakenError(f"Another page has the address {fields['slug']}.", slug=fields["slug"])
    for name in changed:
        setattr(article, name, fields[name])
    _mark_changed(article, changed)
    if article.current_revision_id is not None and article.is_published:
        publish(ArticlePublished(article_id=article.pk, revision_id=article.current_revision_id))
    return article


@transaction.atomic
def restore_article(*, article_id: int) -> Article:
    """Bring an archived article back as a draft.

    Raises:
        ArticleNotFoundError: there is no such article.
    """
    article = _lock(article_id)
    if article.state == Article.State.ARCHIVED:
        article.state = Article.State.DRAFT
        article.save(update_fields=["state"])
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


def _publish(article: Article, revision: Revision) -> Article:
    if article.is_published and article.current_revision_id == revision.pk:
        return article
    article.state = Article.State.PUBLISHED
    article.title = revision.title
    article.current_revision = revision
    article.published_at = clock.now()
    _mark_changed(article, ["state", "title", "current_revision", "published_at"])
    publish(ArticlePublished(article_id=article.pk, revision_id=revision.pk))
    return article


def _mark_changed(article: Article, fields: list[str]) -> None:
    """Save, and note that the document store has to follow."""
    article.index_version += 1
    article.index_attempts = 0
    article.index_failure = ""
    article.save(update_fields=[*fields, "index_version", "index_attempts", "index_failure"])
