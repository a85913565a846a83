"""Admin pages of tickets, handoffs and ratings: mostly to look at, since work happens in the inbox."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import TabularInline
from unfold.decorators import display

from supportai.core.admin import PlainAdmin, ReadOnlyAdmin
from tickets import selectors
from tickets.models import Csat, Handoff, Message, Ticket

STATUS_COLOURS = {"Open": "info", "Waiting for the customer": "warning", "Resolved": "success"}
HANDOFF_COLOURS = {"Requested": "warning", "Queued": "warning", "Accepted": "info", "Closed": "success"}


class MessageInline(TabularInline):
    """The conversation."""

    model = Message
    extra = 0
    hide_title = True
    can_delete = False
    fields = ("sequence", "who", "kind", "body", "created_at")
    readonly_fields = fields
    ordering = ("sequence",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the authors with the messages."""
        return super().get_queryset(request).select_related("user", "ticket__contact")

    def has_add_permission(self, request: HttpRequest, obj: Ticket | None = None) -> bool:
        """Refuse: people write in the inbox."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Ticket | None = None) -> bool:
        """Refuse."""
        return False

    @display(description="Who")
    def who(self, obj: Message) -> str:
        """Name the author."""
        return selectors.author_name(obj) or obj.get_author_display()


@admin.register(Ticket)
class TicketAdmin(PlainAdmin):
    """Tickets. Team and priority can be corrected here; everything else happens in the inbox."""

    empty_hint = "The first message through the widget or the API opens a ticket."
    inlines = (MessageInline,)
    list_display = ("number", "subject", "status_name", "handler", "contact", "team", "assignee", "last_message_at")
    list_filter = ("status", "handler", "channel", "team", "priority", "brand")
    list_select_related = ("contact", "team", "assignee")
    search_fields = ("=pk", "=public_id", "subject", "contact__email", "contact__name")
    ordering = ("-pk",)
    date_hierarchy = "created_at"
    autocomplete_fields = ("team",)
    fieldsets = (
        (None, {"fields": ("inbox_link", ("team", "priority"))}),
        (
            "Where it stands",
            {
                "fields": (
                    ("subject", "contact"),
                    ("status", "handler"),
                    ("assignee", "intent"),
                    ("channel", "brand"),
                    ("created_at", "first_replied_at"),
                    ("last_message_at", "episode"),
                    ("resolved_at", "resolved_by"),
                    ("ledger", "public_id"),
                )
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Ticket | None = None) -> tuple[str, ...]:
        """Leave team and priority open."""
        shown = [name for _, options in self.fieldsets for line in options["fields"] for name in _names(line)]
        return tuple(name for name in shown if name not in {"team", "priority"})

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse: tickets come from customers and the API."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Ticket | None = None) -> bool:
        """Refuse: a ticket is a record."""
        return False

    @display(description="Ticket", ordering="pk")
    def number(self, obj: Ticket) -> str:
        """Give the number that people say."""
        return f"#{obj.pk}"

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def status_name(self, obj: Ticket) -> str:
        """Name the status."""
        return obj.get_status_display()

    @display(description="In the inbox")
    def inbox_link(self, obj: Ticket) -> str:
        """Link to the staff page."""
        try:
            url = reverse("tickets:ticket", args=[obj.public_id])
        except NoReverseMatch:
            return str(obj)
        return format_html('<a href="{}">Open ticket #{}</a>', url, obj.pk)


def _names(line: Any) -> tuple[str, ...]:
    return (line,) if isinstance(line, str) else tuple(line)


@admin.register(Handoff)
class HandoffAdmin(ReadOnlyAdmin):
    """When and why the AI agent passed a ticket to people, and with which packet."""

    empty_hint = "Whenever the AI agent passes a ticket to people, the reason is kept here."
    list_display = ("ticket", "reason", "state_name", "accepted_by", "created_at", "accepted_at")
    list_filter = ("reason", "state")
    list_select_related = ("ticket", "accepted_by")
    search_fields = ("ticket__subject", "=ticket__pk")
    ordering = ("-pk",)
    fields = (
        "ticket",
        ("reason", "state_name"),
        ("accepted_by", "accepted_at"),
        ("created_at", "episode"),
        "packet_text",
    )
    readonly_fields = ("state_name", "packet_text")

    @display(description="State", ordering="state", label=HANDOFF_COLOURS)
    def state_name(self, obj: Handoff) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Packet")
    def packet_text(self, obj: Handoff) -> str:
        """Show the packet as it was passed on."""
        sections = obj.packet.get("sections", [])
        rows = [(s.get("label", ""), " · ".join(line.get("text", "") for line in s.get("lines", []))) for s in sections]
        return format_html_join("", "<p><strong>{}</strong>: {}</p>", rows) or "empty"


@admin.register(Csat)
class CsatAdmin(ReadOnlyAdmin):
    """What customers thought of who answered them."""

    empty_hint = "Customers rate in the widget once their conversation is resolved."
    list_display = ("ticket", "score_name", "about", "comment", "created_at")
    list_filter = ("score", "about")
    list_select_related = ("ticket",)
    search_fields = ("comment", "ticket__subject")
    ordering = ("-pk",)
    fields = ("ticket", ("score", "about"), "comment", ("episode", "created_at"))

    @display(
        description="Score",
        ordering="score",
        label={"1 of 5": "danger", "2 of 5": "danger", "3 of 5": "warning", "4 of 5": "success", "5 of 5": "success"},
    )
    def score_name(self, obj: Csat) -> str:
        """Write the score with its scale."""
        return f"{obj.score} of 5"
