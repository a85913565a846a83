"""Tickets: one customer problem each."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.models import Brand, Contact, Team
from supportai.core.models import BaseModel


class Channel(models.TextChoices):
    """The way a message came in."""

    WIDGET = "widget", "Widget"
    EMAIL = "email", "E-mail"
    API = "api", "API"


class Priority(models.TextChoices):
    """How urgent a ticket is."""

    LOW = "low", "Low"
    NORMAL = "normal", "Normal"
    HIGH = "high", "High"
    URGENT = "urgent", "Urgent"


class Ticket(BaseModel):
    """One customer problem, from the first message to its resolution."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        PENDING = "pending", "Waiting for the customer"
        RESOLVED = "resolved", "Resolved"

    class Handler(models.TextChoices):
        AI_AGENT = "ai_agent", "AI agent"
        PERSON = "person", "Person"

    class Ledger(models.TextChoices):
        """How we know that it was resolved; abandoned never counts as resolved."""

        CONFIRMED = "confirmed", "Confirmed by the customer"
        ASSUMED = "assumed", "Assumed after silence"
        VERIFIED = "verified", "Verified in the system of record"
        ABANDONED = "abandoned", "Abandoned"

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="tickets")
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="tickets")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.WIDGET)
    subject = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    handler = models.CharField(
        max_length=10, choices=Handler, default=Handler.AI_AGENT, help_text="Who answers the next message."
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="assigned_tickets", null=True, blank=True
    )
    team = models.ForeignKey(Team, models.SET_NULL, related_name="tickets", null=True, blank=True)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    intent = models.SlugField(max_length=60, blank=True)
    episode = models.PositiveIntegerField(default=1)
    last_sequence = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField(null=True, blank=True)
    last_customer_message_at = models.DateTimeField(null=True, blank=True)
    first_replied_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=12, blank=True, help_text="Kind of the actor that resolved it.")
    ledger = models.CharField(max_length=10, choices=Ledger, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="ticket_resolved_at_iff_resolved",
                condition=Q(status="resolved", resolved_at__isnull=False)
                | (~Q(status="resolved") & Q(resolved_at__isnull=True)),
            ),
        )
        indexes = (
            # The inbox counts its views from this one alone. First, because SQLite takes the later of two that fit.
            models.Index(fields=["status", "handler", "assignee", "team"], name="ticket_by_owner"),
            # As the inbox orders its lists (`selectors_inbox.TOUCHED_AT`).
            models.Index(
                F("status"),
                Coalesce("last_message_at", "created_at").desc(),
                F("id").desc(),
                name="ticket_by_status_touched",
            ),
            models.Index(fields=["contact", "-created_at"], name="ticket_by_contact_newest"),
            # What came within a period, for the figures of insights.
            models.Index(fields=["created_at"], name="ticket_by_created"),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    @property
    def is_resolved(self) -> bool:
        """Tell whether it is closed for now; a new customer message opens the next episode."""
        return self.status == self.Status.RESOLVED

    @property
    def is_with_person(self) -> bool:
        """Tell whether a person answers and the AI agent is silent."""
        return self.handler == self.Handler.PERSON
