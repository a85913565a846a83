"""Admin page of sources: add files or a site, see how the import goes, run it again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from unfold.decorators import display

from knowledge.acting import staff_actor
from knowledge.admin.source_documents import DocumentInline, FileInline, RunInline, counts
from knowledge.admin.source_form import SourceForm
from knowledge.models import ImportRun, Source, SourceDocument, SourceFile
from knowledge.services import sources
from supportai.core.admin import ConfigurationAdmin, Done, Press, confirmed
from supportai.core.errors import DomainError
from supportai.core.uploads import received_with

SOURCE_COLOURS = {
    "Indexed": "success",
    "Indexed in part": "warning",
    "Empty": "info",
    "Waiting to be indexed": "info",
    "Importing": "info",
    "Out of date": "warning",
    "Failed": "danger",
}
PAGES = ("start_url", ("max_depth", "max_pages"), ("include_patterns", "exclude_patterns"), "refresh")
ARTICLES = (("audience", "language"), "product")
STANDING = (("state_name", "imported_at"), "progress", "documents", "why_failed")


@admin.register(Source)
class SourceAdmin(ConfigurationAdmin):
    """Where articles come from: uploaded files, a web site, a sitemap. An import runs in a worker; its page follows it."""

    form = SourceForm
    empty_hint = "Add your help pages here: upload files, or give the address of a site or its sitemap."
    inlines = (DocumentInline, FileInline, RunInline)
    list_display = ("name", "kind", "state_name", "articles_count", "trouble", "imported_at")
    list_filter = ("kind", "state")
    search_fields = ("name", "start_url")
    readonly_fields = ("state_name", "imported_at", "progress", "documents", "why_failed")
    actions_detail = ("run_again", "stop", "archive_missing")
    add_fieldsets: Any = (
        (None, {"fields": (("name", "kind"), "uploads")}),
        ("A site or sitemap", {"fields": PAGES}),
        ("Its articles", {"fields": ARTICLES}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """Bring along what the list shows of articles, documents and runs, in one query."""
        rows: QuerySet[Source] = super().get_queryset(request)
        runs = ImportRun.objects.filter(source=OuterRef("pk"))
        failed = SourceDocument.objects.filter(source=OuterRef("pk"), state=SourceDocument.State.FAILED)
        failed_count = failed.order_by().values("source").annotate(count=Count("pk")).values("count")
        return rows.annotate(
            count=Count("articles"),
            failed=Coalesce(Subquery(failed_count), 0),
            warning=Subquery(runs.values("warning")[:1]),
            is_busy=Exists(runs.filter(state__in=ImportRun.OPEN)),
        )

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """Show what this kind of source has."""
        if obj is None:
            return self.add_fieldsets
        first: list[Any] = [(None, {"fields": (("name", "kind"), *STANDING)})]
        if obj.is_crawled:
            first.append(("What is read", {"fields": PAGES}))
        elif obj.kind == Source.Kind.FILES and self.has_change_permission(request, obj):
            first.append(("More files", {"fields": ("uploads",)}))
        return [*first, ("Its articles", {"fields": ARTICLES})]

    def get_form(self, request: HttpRequest, obj: Source | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Tell the form what came, so that it can say what was too much."""
        form = super().get_form(request, obj, change, **kwargs)
        form.received = received_with(request)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """Fix the kind once a source is there."""
        return (*self.readonly_fields, "kind") if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Source | None) -> Any:
        """Show nothing below a new source, and files where there may be some."""
        if obj is None:
            return ()
        return self.inlines if obj.kind == Source.Kind.FILES else (DocumentInline, RunInline)

    def get_urls(self) -> list[URLPattern]:
        """Add the fragment that the page asks for while an import runs."""
        view = self.admin_site.admin_view(self.progress_view)
        return [path("<int:pk>/progress/", view, name="knowledge_source_progress"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Store it, let its articles follow, keep uploads, and ask for the import."""
        before = Source.objects.filter(pk=obj.pk).values(*sources.INHERITED).first() if change else None
        super().save_model(request, obj, form, change)
        if before:
            count = sources.pass_on_settings(source_id=obj.pk, before=before)
            if count:
                messages.success(request, f"{count} articles follow the new settings.")
        uploads = form.cleaned_data.get("uploads") or []
        for reason in getattr(form.fields.get("uploads"), "refused", ()):
            messages.warning(request, reason)
        if uploads:
            sources.add_files(source_id=obj.pk, uploads=uploads, actor=staff_actor(request))
        if uploads or (obj.is_crawled and not change):
            try:
                messages.success(request, _ask(request, obj.pk))
            except DomainError as exc:
                messages.error(request, exc.message)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Let the service delete files, so that their articles follow."""
        if formset.model is not SourceFile:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)
        for file in formset.deleted_objects:
            archived = sources.remove_file(file_id=file.pk)
            messages.success(request, f"{file.name} is deleted; {archived} articles are archived.")

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Refuse while articles come from it."""
        return bool(super().has_delete_permission(request, obj)) and not (obj and obj.articles.exists())

    def delete_model(self, _request: HttpRequest, obj: Source) -> None:
        """Let the service delete it, so that its uploads go too."""
        sources.delete_source(source_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        """Delete the chosen ones in the same way."""
        for source in queryset:
            self.delete_model(request, source)

    def has_run_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer an import where there is something to read and none is under way."""
        source = Source.objects.filter(pk=object_id or 0).first()
        can_run = source is not None and (source.is_crawled or source.files.exists()) and not _is_busy(source.pk)
        return can_run and bool(self.has_change_permission(request))

    def has_stop_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer to stop what is under way."""
        return _is_busy(object_id or 0) and bool(self.has_change_permission(request))

    def has_losses_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer to archive what the last import missed."""
        missing = SourceDocument.objects.filter(source_id=object_id or 0, state=SourceDocument.State.MISSING)
        return missing.exists() and not _is_busy(object_id or 0) and bool(self.has_change_permission(request))

    @confirmed(
        label="Run again",
        title="Import this source again?",
        text="Only what changed is changed. What you edited or archived here stays as it is.",
        button="Import again",
        permission="run",
    )
    def run_again(self, press: Press) -> str:
        """Ask for an import."""
        return _ask(press.request, press.pk)

    @confirmed(
        label="Stop",
        title="Stop this import?",
        text="What was read until now stays; nothing is archived.",
        button="Stop the import",
        permission="stop",
    )
    def stop(self, press: Press) -> str | Done:
        """End the import under way."""
        if sources.stop_import(source_id=press.pk, name=str(press.request.user)):
            return "The import is stopped."
        return Done("It had ended already.", messages.INFO)

    @confirmed(
        label="Archive what is missing",
        title="Archive the articles of all missing documents?",
        text="The last import did not find them and was not sure. Customers and the AI agent lose these articles at once; "
        "each can be restored.",
        button="Archive them",
        permission="losses",
    )
    def archive_missing(self, press: Press) -> str:
        """Archive what the last import missed."""
        return f"{sources.archive_missing(source_id=press.pk)} articles are archived."

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the fragment that tells how far an import is; once it has ended, the whole page is loaded again."""
        source = get_object_or_404(Source, pk=pk)
        if not self.has_view_permission(request, source):
            return HttpResponse(status=403)
        response = HttpResponse(self.progress(source))
        if request.GET.get("was") == "open" and not _is_busy(pk):
            response["HX-Refresh"] = "true"
        return response

    @display(description="State", ordering="state", label=SOURCE_COLOURS)
    def state_name(self, obj: Any) -> str:
        """Name the state; an import under way comes first, and what was not imported is not called indexed."""
        if obj.is_busy:
            return "Importing"
        if obj.state == Source.State.PENDING and not obj.count:
            return "Empty"
        if obj.state == Source.State.INDEXED and obj.failed:
            return "Indexed in part"
        return str(obj.get_state_display())

    @display(description="Why it failed")
    def why_failed(self, obj: Any) -> str:
        """Say why the last import failed, unless another is under way."""
        return "–" if obj.is_busy or not obj.failure else str(obj.failure)

    @display(description="Articles", ordering="count")
    def articles_count(self, obj: Any) -> int:
        """Tell how many articles come from it."""
        return int(obj.count)

    @display(description="Trouble")
    def trouble(self, obj: Any) -> str:
        """Say what failed or should be looked at."""
        words = (obj.failure or obj.warning or "", f"{obj.failed} documents not imported." if obj.failed else "")
        return " ".join(word for word in words if word) or "–"

    @display(description="How it went")
    def progress(self, obj: Source) -> str:
        """Show how far the import is, or how the last one went."""
        run = obj.runs.first()
        other = (
            ImportRun.objects.filter(state=ImportRun.State.RUNNING).exclude(source=obj).select_related("source").first()
        )
        context = {
            "source": obj,
            "run": run,
            "counts": counts(run) if run else "",
            "unit": "pages" if obj.is_crawled else "files",
            "waits_for": other.source.name if other else "",
        }
        return render_to_string("admin/knowledge/source/_progress.html", context)

    @display(description="Documents")
    def documents(self, obj: Source) -> str:
        """Count the documents by state; each number leads to its list."""
        found = obj.documents.values_list("state").annotate(count=Count("pk")).order_by("state")
        names = dict(SourceDocument.State.choices)
        listed = reverse("admin:knowledge_sourcedocument_changelist")
        links = (
            (f"{listed}?source__id__exact={obj.pk}&state__exact={state}", count, str(names[state]).lower())
            for state, count in found
        )
        return format_html_join(", ", '<a class="text-link" href="{}">{} {}</a>', links) or "–"


def _ask(request: HttpRequest, source_id: int) -> str:
    run = sources.request_import(source_id=source_id, actor=staff_actor(request))
    return f"{run.source.name} is being imported. This page shows how far it is."


def _is_busy(source_id: str | int) -> bool:
    return ImportRun.objects.filter(source_id=source_id, state__in=ImportRun.OPEN).exists()
