"""Admin pages of gaps: what people ask and no article answers."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display

from accounts.permissions import can_approve_suggestion
from knowledge import selectors_gaps
from knowledge.acting import staff_actor
from knowledge.gap_editor import editor_address
from knowledge.models import Gap, GapQuestion
from knowledge.services import gaps
from supportai.core.admin import Done, PlainAdmin, Press, ReasonForm, confirmed

STATE_COLOURS = {"Open": "warning", "Planned": "info", "Covered": "success", "Dismissed": "danger"}


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

    @confirmed(
        label="Write an article",
        title="Write an article for this?",
        text="The gap becomes planned and yours, and the editor opens with what was asked.",
        button="Open the editor",
        permission="write",
    )
    def write(self, press: Press) -> Done:
        """Open the editor with what was asked, and note who writes."""
        gap = gaps.plan(gap_id=press.pk, actor=staff_actor(press.request))
        return Done("", url=editor_address(gap))

    @confirmed(
        label="Mark as planned",
        title="Mark this gap as planned?",
        text="Colleagues see that you are working on an article for it.",
        button="Mark as planned",
        permission="decide",
    )
    def plan(self, press: Press) -> str:
        """Note that an article is on its way."""
        gap = gaps.plan(gap_id=press.pk, actor=staff_actor(press.request))
        return f"“{gap.title}” is planned, and yours."

    @confirmed(
        label="Dismiss",
        title="No article for this?",
        text="It leaves the list, also when it is asked again. You can reopen it.",
        button="Dismiss the gap",
        permission="decide",
        form=ReasonForm,
    )
    def dismiss(self, press: Press) -> str:
        """Decide that no article is wanted."""
        gaps.dismiss(gap_id=press.pk, actor=staff_actor(press.request), reason=press.given["reason"])
        return "Dismissed."

    @confirmed(
        label="Reopen",
        title="Reopen this gap?",
        text="It is on the list of what is missing again.",
        button="Reopen the gap",
        permission="reopen",
    )
    def reopen(self, press: Press) -> str:
        """Put it back on the list."""
        gaps.reopen(gap_id=press.pk)
        return "It is open again."


def _is(object_id: str | int | None, states: tuple[str, ...]) -> bool:
    return Gap.objects.filter(pk=object_id or 0, state__in=states).exists()
