"""Handoffs: the AI agent passes a ticket to people, with everything it knows."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from supportai.core.models import BaseModel
from tickets.models.ticket import Ticket


class Handoff(BaseModel):
    """One passing of a ticket from the AI agent to a person."""

    class Reason(models.TextChoices):
        LOW_CONFIDENCE = "low_confidence", "not sure enough"
        CUSTOMER_REQUEST = "customer_request", "the customer asked for a person"
        POLICY = "policy", "policy"
        REPEATED_FAILURE = "repeated_failure", "it failed repeatedly"
        NEGATIVE_SENTIMENT = "negative_sentiment", "the customer is upset"
        MISSING_KNOWLEDGE = "missing_knowledge", "no article covers it"
        TOOL_FAILURE = "tool_failure", "a tool failed"

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        QUEUED = "queued", "Queued"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        TIMED_OUT = "timed_out", "Timed out"
        RETURNED = "returned", "Returned to the AI agent"
        CLOSED = "closed", "Closed"

    OPEN = (State.REQUESTED, State.QUEUED, State.ACCEPTED)

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="handoffs")
    run = models.ForeignKey("AgentRun", models.SET_NULL, related_name="handoffs", null=True, blank=True)
    episode = models.PositiveIntegerField()
    reason = models.CharField(max_length=20, choices=Reason)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    packet = models.JSONField(
        default=dict, help_text="See services/handoff.py: sections with lines that link to evidence."
    )
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, related_name="accepted_handoffs", null=True, blank=True
    )
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(state__in=["requested", "queued", "accepted"]),
                name="one_open_handoff_a_ticket",
            ),
        )

    def __str__(self) -> str:
        return f"handoff {self.pk} of ticket {self.ticket_id}: {self.state}"
