"""Admin pages of hygiene: articles that say the same twice, disagree, or may be out of date."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from unfold.decorators import display

from knowledge import selectors_gaps
from knowledge.acting import staff_actor
from knowledge.errors import CheckRunningError
from knowledge.models import Article, Finding
from knowledge.services import hygiene
from supportai.core.admin import Done, Press, ReadOnlyAdmin, confirmed

KIND_COLOURS = {"Two articles disagree": "danger", "Says the same twice": "info", "May be out of date": "warning"}
STATE_COLOURS = {"Open": "warning", "Dismissed": "danger", "Done": "success"}


class OpenFirst(admin.SimpleListFilter):
    """Shows what is open unless another state is chosen."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the decided ones, and all."""
        return [("dismissed", "Dismissed"), ("done", "Done"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Call the first choice by its name."""
        for number, choice in enumerate(super().choices(changelist)):
            yield choice | ({"display": "Open"} if number == 0 else {})

    def queryset(self, request: HttpRequest, queryset: QuerySet[Finding]) -> QuerySet[Finding]:
        """Narrow the list."""
        value = self.value()
        return queryset if value == "all" else queryset.filter(state=value or Finding.State.OPEN)


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    """What the nightly look through all articles found, each with the passages side by side."""

    empty_hint = (
        "Every night all articles are compared: what says the same twice, what disagrees, and what may be out of date "
        "appears here. “Check now” does it at once."
    )
    list_before_template = "knowledge/admin/hygiene_check.html"
    list_display = ("kind_name", "article", "other_article", "why", "state_name", "created_at")
    list_display_links = ("kind_name",)
    list_filter = (OpenFirst, "kind")
    list_select_related = ("article", "other")
    search_fields = ("article__title", "other__title", "why", "quote", "other_quote")
    ordering = ("kind", "-score")
    readonly_fields = ("side_by_side",)
    fieldsets = (
        (None, {"fields": ("side_by_side",)}),
        ("Decision", {"fields": (("state", "decided_by", "decided_at"),)}),
    )
    actions_list = ("check_now",)
    actions_detail = ("seen_to", "dismiss", "reopen")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Tell when articles were compared last, and how far a check is."""
        check = selectors_gaps.last_check()
        counts = selectors_gaps.finding_counts()
        told = [(Finding.Kind(kind).label, count) for kind, count in counts.items()]
        return super().changelist_view(request, (extra_context or {}) | {"check": check, "open_findings": told})

    def has_decide_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer to decide what is open to those who may change articles."""
        return self.has_check_permission(request) and _is(object_id, is_open=True)

    def has_reopen_permission(self, request: HttpRequest, object_id: str | int | None = None) -> bool:
        """Offer to undo a decision."""
        return self.has_check_permission(request) and _is(object_id, is_open=False)

    def has_check_permission(self, request: HttpRequest) -> bool:
        """Let those start a check who may change articles."""
        return request.user.has_perm("knowledge.change_article")

    @display(description="What", ordering="kind", label=KIND_COLOURS)
    def kind_name(self, obj: Finding) -> str:
        """Name the kind."""
        return obj.get_kind_display()

    @display(description="Other article")
    def other_article(self, obj: Finding) -> str:
        """Name the second article; a dash where there is one alone."""
        return str(obj.other or "–")

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def state_name(self, obj: Finding) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="What was found")
    def side_by_side(self, obj: Finding) -> str:
        """Show the passages beside each other, each under its article."""
        sides = [_side(obj.article, obj.heading, obj.quote)]
        if obj.other is not None:
            sides.append(_side(obj.other, obj.other_heading, obj.other_quote))
        return render_to_string("knowledge/admin/finding.html", {"finding": obj, "sides": sides})

    @confirmed(
        label="Check now",
        title="Compare all articles now?",
        text="A worker reads every published article. Findings appear here when it is done.",
        button="Check now",
        permission="check",
    )
    def check_now(self, press: Press) -> str | Done:
        """Ask a worker to compare all articles."""
        try:
            hygiene.start_check(actor=staff_actor(press.request))
        except CheckRunningError as exc:
            return Done(exc.message, messages.WARNING)
        return "Articles are being compared. Findings appear here when it is done."

    @confirmed(
        label="Seen to",
        title="Is this put right?",
        text="The finding leaves the list. If the texts stay as they are, it comes back.",
        button="It is seen to",
        permission="decide",
    )
    def seen_to(self, press: Press) -> str:
        """Note that it is put right."""
        hygiene.decide(finding_id=press.pk, state=Finding.State.DONE, actor=staff_actor(press.request))
        return "Noted. If the texts stay as they are, it comes back."

    @confirmed(
        label="Dismiss",
        title="Is this right as it is?",
        text="The finding leaves the list, and comes back only when one of the texts changes.",
        button="Dismiss the finding",
        permission="decide",
    )
    def dismiss(self, press: Press) -> str:
        """Decide that it is right as it is."""
        hygiene.decide(finding_id=press.pk, state=Finding.State.DISMISSED, actor=staff_actor(press.request))
        return "Dismissed. It comes back only when one of the texts changes."

    @confirmed(
        label="Reopen",
        title="Reopen this finding?",
        text="It is on the list of what is open again.",
        button="Reopen the finding",
        permission="reopen",
    )
    def reopen(self, press: Press) -> str:
        """Put it back on the list."""
        hygiene.reopen(finding_id=press.pk)
        return "It is open again."


def _side(article: Article, heading: str, quote: str) -> dict[str, Any]:
    return {
        "article": article,
        "heading": heading,
        "quote": quote,
        "href": reverse("admin:knowledge_article_change", args=[article.pk]),
    }


def _is(object_id: str | int | None, *, is_open: bool) -> bool:
    findings = Finding.objects.filter(pk=object_id or 0)
    return (findings.filter if is_open else findings.exclude)(state=Finding.State.OPEN).exists()
