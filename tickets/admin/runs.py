"""Admin page of the AI agent's journal, read-only."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from unfold.admin import TabularInline
from unfold.decorators import display

from supportai.core.admin import ReadOnlyAdmin, pretty_json
from tickets.agent.calls import call_in_words, dollars
from tickets.models import AgentRun, AgentStep

STATE_COLOURS = {
    "Completed": "success",
    "Handed off": "warning",
    "Failed": "danger",
    "Running": "info",
    "Queued": "info",
}


class StepInline(TabularInline):
    """The steps as a story; the raw decision is in the last columns."""

    model = AgentStep
    extra = 0
    hide_title = True
    can_delete = False
    fields = ("number", "kind", "state", "story", "rule", "decision", "result", "models", "duration_ms")
    readonly_fields = fields
    ordering = ("index",)

    def has_add_permission(self, request: HttpRequest, obj: AgentRun | None = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AgentRun | None = None) -> bool:
        """Refuse."""
        return False

    @display(description="Step")
    def number(self, obj: AgentStep) -> int:
        """Count from one."""
        return obj.index + 1

    @display(description="Decision")
    def decision(self, obj: AgentStep) -> str:
        """Show what was decided."""
        return pretty_json(obj.input)

    @display(description="Result")
    def result(self, obj: AgentStep) -> str:
        """Show what came of it."""
        return pretty_json(obj.output)

    @display(description="Models asked")
    def models(self, obj: AgentStep) -> str:
        """Say which models were asked, what they took, and why one was passed over."""
        return format_html_join(mark_safe("<br>"), "{}", ((call_in_words(call),) for call in obj.calls)) or "none"


@admin.register(AgentRun)
class AgentRunAdmin(ReadOnlyAdmin):
    """One customer turn each: what was understood, decided and done."""

    empty_hint = "Each turn of a customer makes a run: what the AI agent understood, found, decided and did."
    inlines = (StepInline,)
    list_display = (
        "number",
        "ticket_link",
        "state_name",
        "intent",
        "procedure",
        "confidence",
        "attempts",
        "created_at",
    )
    list_filter = ("state", "intent", "policy")
    list_select_related = ("ticket",)
    search_fields = ("=public_id", "=ticket__pk", "intent")
    ordering = ("-pk",)
    fields = (
        "ticket_link",
        ("state_name", "attempts"),
        "error",
        ("intent", "procedure"),
        ("policy", "confidence"),
        ("started_at", "finished_at"),
        ("episode", "input_sequence"),
        ("tokens", "cost"),
        "used_versions",
        "public_id",
    )
    readonly_fields = ("ticket_link", "state_name", "cost", "used_versions")

    @display(description="Run", ordering="pk")
    def number(self, obj: AgentRun) -> str:
        """Give the number that people say."""
        return f"#{obj.pk}"

    @display(description="Ticket", ordering="ticket")
    def ticket_link(self, obj: AgentRun) -> str:
        """Link to the ticket."""
        url = reverse("admin:tickets_ticket_change", args=[obj.ticket_id])
        return format_html('<a href="{}">{}</a>', url, obj.ticket)

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def state_name(self, obj: AgentRun) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Cost of models")
    def cost(self, obj: AgentRun) -> str:
        """Write it in dollars."""
        return dollars(obj.cost_microdollars) if obj.tokens else "no model was asked"

    @display(description="Versions")
    def used_versions(self, obj: AgentRun) -> str:
        """Show which settings, procedures, prompts and index it used."""
        return pretty_json(obj.versions)
