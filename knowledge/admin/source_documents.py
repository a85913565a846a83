"""Admin page of documents: what became of each file, row and page of the sources."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from knowledge.models import ImportRun, Source, SourceDocument, SourceFile
from supportai.core.admin import ReadOnlyAdmin

DOCUMENT_COLOURS = {
    "Imported": "success",
    "Unchanged": "success",
    "Kept as it is here": "info",
    "Left out": "info",
    "Not imported": "danger",
    "Not found, still published": "warning",
}
RUN_COLOURS = {"Done": "success", "Running": "info", "Waiting": "info", "Failed": "danger"}
NEEDS_A_LOOK = (SourceDocument.State.FAILED, SourceDocument.State.MISSING, SourceDocument.State.KEPT)


class _ShownOnly(TabularInline):
    extra = 0
    hide_title = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Refuse: imports make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Refuse."""
        return False


class DocumentInline(_ShownOnly):
    """The documents of a source that somebody should look at, each with its reason."""

    model = SourceDocument
    per_page = 20
    fields = ("external_id", "state_name", "reason", "article_link")
    readonly_fields = fields
    verbose_name_plural = "Documents to look at"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what went well."""
        return super().get_queryset(request).filter(state__in=NEEDS_A_LOOK).select_related("article")

    @display(description="State", label=DOCUMENT_COLOURS)
    def state_name(self, obj: SourceDocument) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Article")
    def article_link(self, obj: SourceDocument) -> str:
        """Lead to the article."""
        return article_link(obj)


class FileInline(_ShownOnly):
    """What was uploaded; deleting a file archives the articles that came from it."""

    model = SourceFile
    can_delete = True
    per_page = 50
    fields = ("name", "size", "uploaded_by", "updated_at")
    readonly_fields = fields
    verbose_name_plural = "Uploaded files (deleting one archives its articles)"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load who uploaded them."""
        return super().get_queryset(request).select_related("uploaded_by")

    def has_change_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Let those delete files who may change sources; a file itself is never edited."""
        return bool(request.user.has_perm("knowledge.change_source"))

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Let those delete files who may change sources."""
        return bool(request.user.has_perm("knowledge.change_source"))

    @display(description="Size")
    def size(self, obj: SourceFile) -> str:
        """Tell the size."""
        return filesizeformat(obj.size_bytes)


class RunInline(_ShownOnly):
    """How the latest imports went."""

    model = ImportRun
    per_page = 5
    fields = ("created_at", "trigger", "state_name", "outcome", "trouble")
    readonly_fields = fields
    verbose_name_plural = "Imports"

    @display(description="State", label=RUN_COLOURS)
    def state_name(self, obj: ImportRun) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Documents")
    def outcome(self, obj: ImportRun) -> str:
        """Count what happened."""
        return counts(obj)

    @display(description="Trouble")
    def trouble(self, obj: ImportRun) -> str:
        """Say what went wrong."""
        return obj.failure or obj.warning or "–"


@admin.register(SourceDocument)
class SourceDocumentAdmin(ReadOnlyAdmin):
    """Every file, row and page that an import met, with what became of it."""

    empty_hint = "An import lists here what became of each file and page."
    list_display = ("external_id", "source", "state_name", "reason", "article_link", "fetched_at")
    list_filter = ("source", "state")
    list_select_related = ("source", "article")
    search_fields = ("external_id", "title", "reason")
    ordering = ("source", "external_id")
    fields = (
        "external_id", "title", "source", "container", "state", "reason", "article_link", "fetched_at", "etag",
        "last_modified",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="State", ordering="state", label=DOCUMENT_COLOURS)
    def state_name(self, obj: SourceDocument) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Article", ordering="article")
    def article_link(self, obj: SourceDocument) -> str:
        """Lead to the article."""
        return article_link(obj)


def article_link(document: SourceDocument) -> str:
    """Lead from a document to its article."""
    if document.article is None:
        return "–"
    address = reverse("admin:knowledge_article_change", args=[document.article.pk])
    return format_html('<a class="text-link" href="{}">{}</a>', address, document.article.title)


def counts(run: ImportRun) -> str:
    """Say in words what a run changed; what did not happen is left out."""
    named = {
        "new": run.created_count,
        "changed": run.updated_count,
        "unchanged": run.unchanged_count,
        "kept as edited or archived here": run.kept_count,
        "not imported": run.failed_count,
        "archived": run.archived_count,
    }
    return ", ".join(f"{count} {name}" for name, count in named.items() if count) or "No documents."
