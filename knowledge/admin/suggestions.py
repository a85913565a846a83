"""Admin pages of what was learned: suggestions to decide, and the questions that stay as checks."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.permissions import can_approve_suggestion
from knowledge.acting import staff_actor
from knowledge.models import EvaluationCase, Observation, Suggestion
from knowledge.services import learning
from supportai.core.admin import PlainAdmin, Press, ReasonForm, confirmed

STATE_COLOURS = {"Open": "info", "Needs an edit": "warning", "Approved": "success", "Rejected": "danger"}


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

    @confirmed(
        label="Approve and publish",
        title="Publish this answer?",
        text="It becomes an article that customers can read and the AI agent quotes, from now on. You can take it back. "
        "Save your edits first.",
        button="Publish the answer",
        permission="decide",
    )
    def approve(self, press: Press) -> str:
        """Publish it as a learned article."""
        article = learning.approve(suggestion_id=press.pk, actor=staff_actor(press.request))
        return f"Published “{article.title}”."

    @confirmed(
        label="Reject",
        title="Reject this suggestion?",
        text="Nothing is published.",
        button="Reject the suggestion",
        permission="decide",
        form=ReasonForm,
    )
    def reject(self, press: Press) -> str:
        """Decide that it is not published."""
        learning.reject(suggestion_id=press.pk, actor=staff_actor(press.request), reason=press.given["reason"])
        return "Rejected; nothing was published."

    @confirmed(
        label="Take back",
        title="Take the published answer back?",
        text="Its article is archived, and the suggestion waits again.",
        button="Take it back",
        permission="decide",
    )
    def take_back(self, press: Press) -> str:
        """Undo an approval."""
        learning.take_back(suggestion_id=press.pk)
        return "The article is archived; the suggestion waits again."


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
