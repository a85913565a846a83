"""Pages of the article editor beside its form: preview, comparison of revisions, going back to one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from knowledge import selectors_help
from knowledge.acting import staff_actor
from knowledge.diffs import compare_texts, compare_words
from knowledge.models import Article, Revision
from knowledge.pages import contents_of, make_page
from knowledge.services import articles

# The preview is the help center's page inside the editor, so this page alone may be framed, by us.
PREVIEW_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'none'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
MAX_PREVIEW = 500_000
REVISIONS_SHOWN = 50
CHANGES_SHOWN = 50


class ArticlePages(ModelAdmin):
    """The pages and the panels that the article's admin adds to its form."""

    change_form_outer_after_template = "knowledge/admin/panels.html"

    def get_urls(self) -> list[URLPattern]:
        """Put our pages before those of the admin, which take any word for an id."""
        view = self.admin_site.admin_view
        return [
            path("preview/", view(self.preview_text), name="knowledge_article_preview"),
            path("<int:article_id>/preview/", view(self.preview_article), name="knowledge_article_preview_saved"),
            path("<int:article_id>/revisions/<int:number>/", view(self.compare), name="knowledge_article_revision"),
            path(
                "<int:article_id>/revisions/<int:number>/bring-back/",
                view(self.bring_back),
                name="knowledge_article_bring_back",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add what stands below the form: readers' votes, revisions, changes."""
        found = Article.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        shown = {"panels": panels_of(found)} if found else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})
        return response

    def preview_text(self, request: HttpRequest) -> HttpResponse:
        """Show an empty page for the editor's frame, or render what is being typed as a piece of one."""
        if not (self.has_view_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        if request.method != "POST":
            return _framed(render(request, "knowledge/preview.html", {"title": "", "body": ""}))
        body = request.POST.get("body", "")[:MAX_PREVIEW]
        context = {"title": request.POST.get("title", ""), "body": make_page(body).html}
        return render(request, "knowledge/partials/_preview.html", context)

    def preview_article(self, request: HttpRequest, article_id: int) -> HttpResponse:
        """Show the latest saved text as readers would see it; only staff may."""
        article = self._article(request, article_id)
        latest = article.revisions.order_by("-number").first()
        if latest is None:
            raise Http404("This article has no text yet.")
        page = make_page(latest.body)
        context = {
            "article": article,
            "revision": latest,
            "title": latest.title,
            "body": page.html,
            "toc": contents_of(page),
            "is_live": article.current_revision_id == latest.pk and article.is_published and not article.has_ended,
        }
        return _framed(render(request, "knowledge/preview.html", context))

    def compare(self, request: HttpRequest, article_id: int, number: int) -> HttpResponse:
        """Show word by word how a revision differs from another one, by default from the one before it."""
        article = self._article(request, article_id)
        revision = get_object_or_404(article.revisions.select_related("author"), number=number)
        others = article.revisions.exclude(pk=revision.pk).order_by("-number")
        wanted = request.GET.get("with", "")
        other = others.filter(number=int(wanted)).first() if wanted.isdecimal() else None
        other = other or others.filter(number__lt=number).first()
        context = {
            **self.admin_site.each_context(request),
            "title": f"Revision {number}",
            "opts": self.opts,
            "article": article,
            "revision": revision,
            "other": other,
            "others": others[:REVISIONS_SHOWN],
            "title_pieces": compare_words(other.title if other else "", revision.title),
            "pieces": compare_texts(other.body if other else "", revision.body),
            "is_latest": not article.revisions.filter(number__gt=number).exists(),
            "can_bring_back": self.has_change_permission(request, article),
        }
        return TemplateResponse(request, "knowledge/admin/revision.html", context)

    def bring_back(self, request: HttpRequest, article_id: int, number: int) -> HttpResponse:
        """Make an earlier text the latest one."""
        article = self._article(request, article_id)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:knowledge_article_revision", args=[article_id, number]))
        articles.bring_back_revision(article_id=article_id, number=number, actor=staff_actor(request))
        readers = "Readers see it now." if article.is_published else "It waits as a draft."
        messages.success(request, f"Revision {number} is back as the latest text. {readers}")
        return HttpResponseRedirect(reverse("admin:knowledge_article_change", args=[article_id]))

    def _article(self, request: HttpRequest, article_id: int) -> Article:
        article = get_object_or_404(Article.objects.select_related("current_revision"), pk=article_id)
        if not self.has_view_permission(request, article):
            raise PermissionDenied
        return article


def panels_of(article: Article) -> dict[str, Any]:
    """Gather what the editor shows below its form."""
    revisions: QuerySet[Revision] = article.revisions.select_related("author").order_by("-number")
    return {
        "revisions": revisions[:REVISIONS_SHOWN],
        "waiting": revisions.first() if article.is_published and has_waiting_text(article) else None,
        "changes": article.changes.select_related("person")[:CHANGES_SHOWN],
        "votes": selectors_help.votes_on(article),
        "words": selectors_help.words_on(article),
    }


def has_waiting_text(article: Article) -> bool:
    """Tell whether a newer text than the one that readers see was kept as a draft."""
    latest = article.revisions.order_by("-number").values_list("pk", flat=True).first()
    return latest is not None and latest != article.current_revision_id


def _framed(response: HttpResponse) -> HttpResponse:
    """Let our own pages show this one in a frame."""
    response["Content-Security-Policy"] = PREVIEW_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "no-store"
    return response
