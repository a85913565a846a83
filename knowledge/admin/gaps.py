"""Admin pages of gaps: what people ask and no article answers."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.permissions import can_approve_suggestion
from knowledge import selectors_gaps
from knowledge.acting import staff_actor
from knowledge.gap_editor import editor_address
from knowledge.models import Gap, GapQuestion
from knowledge.services import gaps
from supportai.core.admin import PlainAdmin, go_to

STATE_COLOURS = {"Open": "warning", "Planned": "info", "Covered": "success", "Dismissed": "danger"}


class DismissForm(BaseDialogForm):
    """Asks why, so that the next person knows."""

    reason = forms.CharField(
        label="Why", max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text="Seen by staff only."
    )


class GapQuestionInline(TabularInline):
    """What was asked, without personal data."""

    model = GapQuestion
    extra = 0
    hide_title = True
    can_delete = False
    per_page = 25
    fields = ("text", "kind", "how_sure", "organization", "asked_at")
    readonly_fields = fields
    ordering = ("-asked_at",)
    verbose_name_plural = "What was asked"

    def get_queryset(self, request: HttpRequest) -> QuerySet[GapQuestion]:
        """Leave the vectors in the database."""
        rows: QuerySet[GapQuestion] = super().get_queryset(request)
        return rows.defer("vector").select_related("organization")

    def has_add_permission(self, request: HttpRequest, obj: Gap | None = None) -> bool:
        """Refuse: conversations and searches make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Gap | None = None) -> bool:
        """Refuse."""
        return False

    @display(description="Best answer found")
    def how_sure(self, obj: GapQuestion) -> str:
        """Say how likely the best passages were to answer."""
        return "–" if obj.probability is None else f"{obj.probability:.0%} sure"


@admin.register(Gap)
class GapAdmin(PlainAdmin):
    """Questions without a good answer, grouped by meaning; staff work on them under Gaps, outside of the admin."""

    empty_hint = (
        "When the AI agent finds no article for a question, a person answers one that no article covers, or a search of the "
        "help center finds nothing, the question appears here, together with others of the same meaning."
    )
    inlines = (GapQuestionInline,)
    list_display = ("title", "state_name", "question_count", "people", "companies", "last_asked_at", "owner")
    list_filter = ("state", "language")
    search_fields = ("title", "questions__text")
    ordering = ("-question_count", "-last_asked_at")
    readonly_fields = (
        "state", "owner", "question_count", "people", "companies", "first_asked_at", "last_asked_at", "article",
        "covered_at", "reopened_at", "checked_at", "reason", "language",
    )  # fmt: skip
    actions_detail = ("write", "plan", "dismiss", "reopen")
    fieldsets = (
        (None, {"fields": ("title",)}),
        (
            "How much it is missed",
            {"fields": (("question_count", "people", "companies"), ("first_asked_at", "last_asked_at"))},
        ),
        (
            "Where it stands",
            {"fields": (("state", "owner"), ("article", "covered_at"), ("checked_at", "reopened_at"), "reason")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Gap]:
        """Count who asked."""
        return selectors_gaps.gaps().defer("vector_sum")

    def save_model(self, request: HttpRequest, obj: Gap, form: Any, change: bool) -> None:
        """Let the service keep the title."""
        gaps.rename(gap_id=obj.pk, title=form.cleaned_data["title"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: questions make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Gap | None = None) -> bool:
        """Ask `accounts.permissions`."""
        return can_approve_suggestion(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Gap | None = None) -> bool:
        """Refuse: a dismissed gap keeps the same question from coming back unseen."""
        return False

    def has_decide_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer to decide what is still missing."""
        return can_approve_suggestion(request.user) and _is(object_id, Gap.WANTED)

    def has_write_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer the editor to those who may use it."""
        return request.user.has_perm("knowledge.add_article") and self.has_decide_permission(request, object_id)

    def has_reopen_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer to undo a decision."""
        decided = (Gap.State.PLANNED, Gap.State.COVERED, Gap.State.DISMISSED)
        return can_approve_suggestion(request.user) and _is(object_id, decided)

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def state_name(self, obj: Gap) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="People", ordering="contact_count")
    def people(self, obj: Any) -> int:
        """Tell how many customers asked; who searches the help center is not known."""
        return int(obj.contact_count)

    @display(description="Companies", ordering="organization_count")
    def companies(self, obj: Any) -> int:
        """Tell how many companies they are from."""
        return int(obj.organization_count)

    @action(description="Write an article", url_path="write", permissions=["write"])
    def write(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open the editor with what was asked, and note who writes."""
        gap = gaps.plan(gap_id=int(object_id), actor=staff_actor(request))
        return HttpResponseRedirect(editor_address(gap))

    @action(description="Mark as planned", url_path="plan", permissions=["decide"])
    def plan(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note that an article is on its way."""
        gap = gaps.plan(gap_id=int(object_id), actor=staff_actor(request))
        messages.success(request, f"“{gap.title}” is planned, and yours.")
        return HttpResponseRedirect(_page(object_id))

    @action(
        description="Dismiss",
        url_path="dismiss",
        permissions=["decide"],
        dialog={
            "title": "No article for this?",
            "description": "It leaves the list, also when it is asked again. You can reopen it.",
            "form_submit_text": "Dismiss the gap",
            "form_class": DismissForm,
        },
    )
    def dismiss(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Decide that no article is wanted."""
        reason = str(form.cleaned_data.get("reason") or "")
        gaps.dismiss(gap_id=int(object_id), actor=staff_actor(request), reason=reason)
        messages.success(request, "Dismissed.")
        return go_to(_page(object_id))

    @action(description="Reopen", url_path="reopen", permissions=["reopen"])
    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Put it back on the list."""
        gaps.reopen(gap_id=int(object_id))
        messages.success(request, "It is open again.")
        return HttpResponseRedirect(_page(object_id))


def _is(object_id: str | int | None, states: tuple[str, ...]) -> bool:
    return Gap.objects.filter(pk=object_id or 0, state__in=states).exists()


def _page(object_id: str) -> str:
    return reverse("admin:knowledge_gap_change", args=[object_id])
