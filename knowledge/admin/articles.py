"""Admin pages of articles and their sources."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from knowledge.acting import staff_actor
from knowledge.models import Article, Revision, Source
from knowledge.services import articles
from supportai.core.admin import ConfigurationAdmin, PlainAdmin, go_to

STATE_COLOURS = {"Published": "success", "In review": "info", "Stale": "warning", "Archived": "danger"}
SOURCE_COLOURS = {"Indexed": "success", "Waiting to be indexed": "info", "Failed": "danger"}


class ArticleForm(forms.ModelForm):
    """An article with its text, which is stored as a revision."""

    body = forms.CharField(
        label="Text",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 24}),
        help_text="Markdown. Use a heading for each question and a numbered list for steps: "
        "the AI agent quotes whole sentences and whole lists.",
    )

    class Meta:
        model = Article
        fields = ("title", "slug", "audience", "language", "product")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slug = self.fields.get("slug")
        if slug is not None:
            slug.required = False
            slug.help_text = "The last part of its address in the help center. Empty: made from the title."
        if self.instance.pk:
            latest = self.instance.revisions.order_by("-number").first()
            self.initial["body"] = latest.body if latest else ""


class RevisionInline(TabularInline):
    """What the text was before; never changed."""

    model = Revision
    extra = 0
    hide_title = True
    can_delete = False
    fields = ("number", "title", "words", "author", "created_at")
    readonly_fields = fields
    ordering = ("-number",)
    verbose_name_plural = "Revisions"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the authors with the revisions."""
        return super().get_queryset(request).select_related("author")

    def has_add_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Refuse: saving the article makes one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Refuse."""
        return False

    @display(description="Words")
    def words(self, obj: Revision) -> int:
        """Count the words."""
        return len(obj.body.split())


@admin.register(Article)
class ArticleAdmin(PlainAdmin):
    """Articles: saving a changed text makes a revision, publishes it and indexes it at once."""

    empty_hint = "The AI agent quotes articles only. Write one, or import a folder: manage.py import_articles --help."
    form = ArticleForm
    inlines = (RevisionInline,)
    list_display = ("title", "state_name", "audience", "product", "origin", "source", "search_state", "updated_at")
    list_filter = ("state", "audience", "origin", "product", "language", "source")
    list_select_related = ("source",)
    search_fields = ("title", "slug", "revisions__body")
    readonly_fields = ("state", "origin", "source", "external_id", "published_at", "index_failure")
    actions_detail = ("publish", "archive", "restore")
    fieldsets = (
        (None, {"fields": ("title", "body")}),
        ("Who reads it, and where", {"fields": (("audience", "language"), ("product", "slug"))}),
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
                is_published=True,
                audience=given["audience"],
                language=given["language"],
                product=given["product"],
            )
            obj.pk, obj.slug, obj.state = made.pk, made.slug, made.state
            return
        details = {name: given[name] for name in ("audience", "language", "product")}
        articles.describe_article(article_id=obj.pk, **details, **({"slug": given["slug"]} if given["slug"] else {}))
        was_published = Article.objects.values_list("state", flat=True).get(pk=obj.pk) == Article.State.PUBLISHED
        articles.revise_article(
            article_id=obj.pk, title=given["title"], body=given["body"], actor=actor, is_published=was_published
        )

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Refuse to change what is archived: restore it first."""
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and not (obj is not None and obj.state == Article.State.ARCHIVED)

    def has_delete_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        """Refuse: answers cite its revisions; archiving takes it away from readers."""
        return False

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

    @action(description="Publish", url_path="publish", permissions=["decide"])
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the latest revision to readers."""
        article = articles.publish_article(article_id=int(object_id))
        messages.success(request, f"Readers now see “{article.title}”.")
        return _back(article)

    @action(
        description="Archive",
        url_path="archive",
        permissions=["decide"],
        dialog={
            "title": "Take this article away from readers?",
            "description": "The AI agent stops quoting it at once. Its revisions stay, and it can be restored.",
            "form_submit_text": "Archive the article",
        },
    )
    def archive(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        """Take it away from readers."""
        article = articles.archive_article(article_id=int(object_id))
        messages.success(request, f"“{article.title}” is archived.")
        return go_to(reverse("admin:knowledge_article_change", args=[article.pk]))

    @action(description="Restore", url_path="restore", permissions=["decide"])
    def restore(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bring an archived article back as a draft."""
        article = articles.restore_article(article_id=int(object_id))
        messages.success(request, f"“{article.title}” is a draft again. Publish it when it is right.")
        return _back(article)


@admin.register(Source)
class SourceAdmin(ConfigurationAdmin):
    """Where articles come from; documents are imported with `manage.py import_articles`."""

    empty_hint = "A source keeps apart where articles come from. manage.py import_articles makes one."
    list_display = ("name", "kind", "state_name", "articles_count", "imported_at")
    list_filter = ("kind", "state")
    search_fields = ("name",)
    readonly_fields = ("kind", "state", "failure", "imported_at")
    fieldsets = (
        (None, {"fields": (("name", "kind"),)}),
        ("Search", {"fields": (("state", "imported_at"), "failure")}),
    )
    add_fieldsets = ((None, {"fields": ("name",)}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """Count each source's articles."""
        rows: QuerySet[Source] = super().get_queryset(request)
        return rows.annotate(count=Count("articles"))

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Refuse while articles come from it."""
        return bool(super().has_delete_permission(request, obj)) and not (obj and obj.articles.exists())

    @display(description="State", ordering="state", label=SOURCE_COLOURS)
    def state_name(self, obj: Source) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Articles", ordering="count")
    def articles_count(self, obj: Any) -> int:
        """Tell how many articles come from it."""
        return int(obj.count)


def _back(article: Article) -> HttpResponse:
    return HttpResponse(status=302, headers={"Location": reverse("admin:knowledge_article_change", args=[article.pk])})
