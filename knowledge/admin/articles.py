"""Admin page of articles."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import action, display

from knowledge.acting import staff_actor
from knowledge.admin.article_form import ArticleForm
from knowledge.admin.article_pages import ArticlePages, has_waiting_text
from knowledge.admin.article_panels import ArticlePanels
from knowledge.models import Article
from knowledge.services import articles
from supportai.core.admin import PlainAdmin, Press, confirmed

STATE_COLOURS = {"Published": "success", "In review": "info", "Stale": "warning", "Archived": "danger"}
# What changes nothing in a state, or is refused there, is not offered; publishing is where a newer text waits.
USELESS: dict[str, set[str]] = {
    Article.State.DRAFT: {"make_draft", "restore"},
    Article.State.IN_REVIEW: {"send_to_review", "restore"},
    Article.State.PUBLISHED: {"publish", "restore"},
    Article.State.STALE: {"mark_stale", "restore"},
    Article.State.ARCHIVED: {"publish", "make_draft", "send_to_review", "mark_stale", "archive"},
}
TAKEN = "Readers and the AI agent lose it at once, until it is published again."
DETAILS = ("audience", "language", "product", "category", "valid_until", "translation_of")


@admin.register(Article)
class ArticleAdmin(ArticlePages, ArticlePanels, PlainAdmin):
    """Articles: saving a changed text makes a revision, which is published and indexed at once or kept as a draft."""

    empty_hint = "The AI agent quotes articles only. Write one, or add a source of files or pages."
    form = ArticleForm
    list_display = ("title", "state_name", "audience", "category", "origin", "source", "search_state", "updated_at")
    list_filter = ("state", "audience", "origin", "category", "language", "source")
    list_select_related = ("source", "category")
    search_fields = ("title", "slug", "revisions__body")
    readonly_fields = ("state", "origin", "source", "external_id", "published_at", "index_failure")
    autocomplete_fields = ("translation_of",)
    actions_detail = (
        "preview",
        "publish",
        {"title": "Take from readers", "items": ["make_draft", "send_to_review", "mark_stale", "archive"]},
        "restore",
    )
    fieldsets = (
        (None, {"fields": ("title", "body", "publishing", "read_revision")}),
        (
            "Who reads it, and where",
            {
                "fields": (
                    ("audience", "language"),
                    ("category", "slug"),
                    ("valid_until", "product"),
                    "translation_of",
                )
            },
        ),
        (
            "Where it stands",
            {"fields": (("state", "published_at"), ("origin", "source"), ("external_id", "index_failure"))},
        ),
    )
    add_fieldsets = fieldsets[:2]

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """Let the services store it, so that revisions and the document store follow."""
        actor = staff_actor(request)
        given = form.cleaned_data
        if not change:
            made = articles.create_article(
                title=given["title"],
                body=given["body"],
                slug=given["slug"],
                actor=actor,
                is_published=form.is_published,
                **{name: given[name] for name in DETAILS},
            )
            obj.pk, obj.slug, obj.state = made.pk, made.slug, made.state
            return
        details = {name: given[name] for name in DETAILS} | ({"slug": given["slug"]} if given["slug"] else {})
        with transaction.atomic():
            articles.describe_article(article_id=obj.pk, actor=actor, **details)
            articles.revise_article(
                article_id=obj.pk, title=given["title"], body=given["body"], actor=actor, is_published=form.is_published
            )

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Refuse to change what is archived: restore it first."""
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and not (obj is not None and obj.state == Article.State.ARCHIVED)

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Refuse: answers cite its revisions; archiving takes it away from readers."""
        return False

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Offer what the article's state allows."""
        article = Article.objects.filter(pk=object_id).first()
        useless = USELESS.get(article.state, set()) if article else set()
        if article and article.is_published and has_waiting_text(article):
            useless = useless - {"publish"}
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return [entry for entry in offered if entry.method.__name__ not in useless]

    def has_decide_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Let those publish and archive who may change articles."""
        return bool(super().has_change_permission(request))

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def state_name(self, obj: Article) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Search", label={"Up to date": "success", "Following": "info"})
    def search_state(self, obj: Article) -> str:
        """Tell whether the document store has followed the last change; it does within seconds."""
        return "Up to date" if obj.is_index_current else "Following"

    @action(description="Preview", url_path="open-preview", attrs={"target": "_blank"})
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the latest saved text as readers would see it."""
        return HttpResponse(
            status=302, headers={"Location": reverse("admin:knowledge_article_preview_saved", args=[object_id])}
        )

    @confirmed(
        label="Publish",
        title="Publish this article?",
        text="Readers see its latest text, and the AI agent quotes it, from now on.",
        button="Publish the article",
        permission="decide",
    )
    def publish(self, press: Press) -> str:
        """Show the latest revision to readers."""
        article = articles.publish_article(article_id=press.pk, actor=staff_actor(press.request))
        return f"Readers now see “{article.title}”."

    @confirmed(
        label="Make it a draft",
        title="Make this article a draft?",
        text=f"{TAKEN} Its text stays as it is.",
        button="Make it a draft",
        permission="decide",
    )
    def make_draft(self, press: Press) -> str:
        """Take it away from readers until it is published again."""
        return _withdraw(press, Article.State.DRAFT)

    @confirmed(
        label="Send to review",
        title="Send this article to review?",
        text=f"{TAKEN} Somebody else can read it first.",
        button="Send it to review",
        permission="decide",
    )
    def send_to_review(self, press: Press) -> str:
        """Let somebody else read it before readers do."""
        return _withdraw(press, Article.State.IN_REVIEW)

    @confirmed(
        label="Mark stale",
        title="Mark this article as stale?",
        text=f"{TAKEN} Bring it up to date and publish it then.",
        button="Mark it stale",
        permission="decide",
    )
    def mark_stale(self, press: Press) -> str:
        """Take it away from readers until somebody has brought it up to date."""
        return _withdraw(press, Article.State.STALE)

    @confirmed(
        label="Archive",
        title="Take this article away from readers?",
        text="The AI agent stops quoting it at once. Its revisions stay, and it can be restored.",
        button="Archive the article",
        permission="decide",
    )
    def archive(self, press: Press) -> str:
        """Take it away from readers."""
        article = articles.archive_article(article_id=press.pk, actor=staff_actor(press.request))
        return f"“{article.title}” is archived."

    @confirmed(
        label="Restore",
        title="Restore this article?",
        text="It becomes a draft again. Readers see it only once it is published.",
        button="Restore the article",
        permission="decide",
    )
    def restore(self, press: Press) -> str:
        """Bring an archived article back as a draft."""
        article = articles.restore_article(article_id=press.pk, actor=staff_actor(press.request))
        return f"“{article.title}” is a draft again. Publish it when it is right."


def _withdraw(press: Press, state: Article.State) -> str:
    article = articles.withdraw_article(article_id=press.pk, state=state, actor=staff_actor(press.request))
    now = article.get_state_display().lower()
    return f"“{article.title}” is {now}. Readers and the AI agent have it no more, until it is published again."
