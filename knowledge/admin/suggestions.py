"""Admin pages of what was learned: suggestions to decide, and the questions that stay as checks."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.permissions import can_approve_suggestion
from knowledge.acting import staff_actor
from knowledge.models import EvaluationCase, Observation, Suggestion
from knowledge.services import learning
from supportai.core.admin import PlainAdmin, go_to

STATE_COLOURS = {"Open": "info", "Needs an edit": "warning", "Approved": "success", "Rejected": "danger"}


class RejectForm(BaseDialogForm):
    """Asks why, so that the next person knows."""

    reason = forms.CharField(
        label="Why", max_length=300, required=False, widget=UnfoldAdminTextInputWidget, help_text="Seen by staff only."
    )


class ObservationInline(TabularInline):
    """The conversations that support a suggestion, without personal data."""

    model = Observation
    extra = 0
    hide_title = True
    can_delete = False
    fields = ("question", "answer", "origin", "created_at")
    readonly_fields = fields
    verbose_name_plural = "Where it was seen"

    def has_add_permission(self, request: HttpRequest, obj: Suggestion | None = None) -> bool:
        """Refuse: conversations make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Suggestion | None = None) -> bool:
        """Refuse."""
        return False


@admin.register(Suggestion)
class SuggestionAdmin(PlainAdmin):
    """Drafts from human answers: read, edit, then approve or reject."""

    empty_hint = "When a person answers what no article covers, the AI agent proposes an article here."
    inlines = (ObservationInline,)
    list_display = ("title", "state_name", "support_count", "note", "created_at", "decided_by")
    list_filter = ("state", "language")
    list_select_related = ("decided_by",)
    search_fields = ("title", "body", "question")
    ordering = ("-created_at",)
    readonly_fields = (
        "question",
        "state",
        "note",
        "support_count",
        "conflicts_with",
        "article",
        "decided_by",
        "decided_at",
        "reason",
    )
    actions_detail = ("approve", "reject", "take_back")
    fieldsets = (
        (None, {"fields": ("note", "title", "body")}),
        ("What was asked", {"fields": ("question", ("support_count", "conflicts_with"))}),
        ("Decision", {"fields": (("state", "article"), ("decided_by", "decided_at"), "reason")}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Give the text room."""
        if db_field.name == "body":
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 14})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Suggestion, form: Any, change: bool) -> None:
        """Let the service store an edit and look at it again."""
        learning.edit(suggestion_id=obj.pk, title=form.cleaned_data["title"], body=form.cleaned_data["body"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: conversations make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Suggestion | None = None) -> bool:
        """Refuse to edit what is decided."""
        return can_approve_suggestion(request.user) and (obj is None or obj.is_undecided)

    def has_delete_permission(self, request: HttpRequest, obj: Suggestion | None = None) -> bool:
        """Refuse: a rejected suggestion keeps the same one from coming back unseen."""
        return False

    def has_decide_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Ask `accounts.permissions`."""
        return can_approve_suggestion(request.user)

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def state_name(self, obj: Suggestion) -> str:
        """Name the state."""
        return obj.get_state_display()

    @action(
        description="Approve and publish",
        url_path="approve",
        permissions=["decide"],
        dialog={
            "title": "Publish this answer?",
            "description": "It becomes an article that customers can read and the AI agent quotes, from now on. "
            "You can take it back. Save your edits first.",
            "form_submit_text": "Publish the answer",
        },
    )
    def approve(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        """Publish it as a learned article."""
        article = learning.approve(suggestion_id=int(object_id), actor=staff_actor(request))
        messages.success(request, f"Published “{article.title}”.")
        return go_to(_page(object_id))

    @action(
        description="Reject",
        url_path="reject",
        permissions=["decide"],
        dialog={
            "title": "Reject this suggestion?",
            "description": "Nothing is published.",
            "form_submit_text": "Reject the suggestion",
            "form_class": RejectForm,
        },
    )
    def reject(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Decide that it is not published."""
        reason = str(form.cleaned_data.get("reason") or "")
        learning.reject(suggestion_id=int(object_id), actor=staff_actor(request), reason=reason)
        messages.success(request, "Rejected; nothing was published.")
        return go_to(_page(object_id))

    @action(
        description="Take back",
        url_path="take-back",
        permissions=["decide"],
        dialog={
            "title": "Take the published answer back?",
            "description": "Its article is archived, and the suggestion waits again.",
            "form_submit_text": "Take it back",
        },
    )
    def take_back(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        """Undo an approval."""
        learning.take_back(suggestion_id=int(object_id))
        messages.success(request, "The article is archived; the suggestion waits again.")
        return go_to(_page(object_id))


@admin.register(EvaluationCase)
class EvaluationCaseAdmin(PlainAdmin):
    """Questions whose answers are known, kept to notice when a change makes answers worse."""

    empty_hint = "Questions whose right answer is known; manage.py evaluate asks them."
    list_display = ("question", "article", "is_answerable", "created_at")
    list_filter = ("is_answerable",)
    list_select_related = ("article",)
    search_fields = ("question", "article__title")
    autocomplete_fields = ("article",)
    readonly_fields = ("suggestion",)
    fields = ("question", "is_answerable", "article", "suggestion")


def _page(object_id: str) -> str:
    return reverse("admin:knowledge_suggestion_change", args=[object_id])
