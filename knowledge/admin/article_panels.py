"""What other apps tell about an article, under its form."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from knowledge.models import Article
from knowledge.panels import panels_of


class ArticlePanels(admin.ModelAdmin):
    """Adds the registered panels to the page of an article; a new one has none."""

    change_form_after_template = "knowledge/admin/article_panels.html"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Article | None = None,
    ) -> HttpResponse:
        """Let the panels be written."""
        context["article_panels"] = panels_of(obj) if obj is not None else []
        answer: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return answer
