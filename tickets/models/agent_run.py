"""The AI agent's journal: one run a customer turn, one step a decision."""

from django.db import models
from django.db.models import Q

from supportai.core.models import BaseModel
from tickets.models.ticket import Ticket


class AgentRun(BaseModel):
    """One customer turn as the AI agent works on it; any worker resumes it from its steps."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING_CUSTOMER = "waiting_customer", "Waiting for the customer"
        WAITING_APPROVAL = "waiting_approval", "Waiting for approval"
        WAITING_EXTERNAL = "waiting_external", "Waiting for another system"
        COMPLETED = "completed", "Completed"
        HANDED_OFF = "handed_off", "Handed off"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    ACTIVE = (State.QUEUED, State.RUNNING)

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="runs")
    episode = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    input_sequence = models.PositiveIntegerField(help_text="Last customer message that this run has read.")
    policy = models.CharField(max_length=20, blank=True)
    intent = models.SlugField(max_length=60, blank=True)
    procedure = models.SlugField(max_length=60, blank=True)
    versions = models.JSONField(default=dict, blank=True, help_text="Of settings, procedures, prompts and index.")
    confidence = models.FloatField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    tokens = models.PositiveIntegerField(default=0)
    cost_microdollars = models.PositiveBigIntegerField(default=0, help_text="Millionths of a US dollar.")
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(state__in=["queued", "running"]), name="one_active_run_a_ticket"
            ),
        )
        indexes = (models.Index(fields=["state", "lease_until"], name="run_due"),)

    def __str__(self) -> str:
        return f"run {self.pk} of ticket {self.ticket_id}: {self.state}"


class AgentStep(BaseModel):
    """One entry of the journal: written before it is carried out, completed afterwards."""

    class Kind(models.TextChoices):
        RETRIEVE = "retrieve", "Searched"
        UNDERSTAND = "understand", "Understood"
        ACT = "act", "Acted"
        ASK = "ask", "Asked"
        ANSWER = "answer", "Answered"
        RESOLVE = "resolve", "Resolved"
        HAND_OFF = "hand_off", "Handed off"

    class State(models.TextChoices):
        DECIDED = "decided", "Decided"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    run = models.ForeignKey(AgentRun, models.CASCADE, related_name="steps")
    index = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.DECIDED)
    input = models.JSONField(default=dict, blank=True, help_text="The decision, or what was understood or searched.")
    output = models.JSONField(default=dict, blank=True, help_text="What came of it.")
    story = models.CharField(max_length=500, blank=True, help_text="One past-tense sentence for staff.")
    rule = models.CharField(max_length=60, blank=True, help_text="The guard that refused it.")
    confidence = models.FloatField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=160, blank=True, help_text="Provider and model that were listened to.")
    tokens = models.PositiveIntegerField(default=0)
    cost_microdollars = models.PositiveBigIntegerField(default=0, help_text="Millionths of a US dollar.")
    calls = models.JSONField(
        default=list, blank=True, help_text="Every model that was asked for this step, failed and skipped ones too."
    )

    class Meta:
        ordering = ("run", "index")
        constraints = (models.UniqueConstraint(fields=["run", "index"], name="step_index_unique_in_run"),)

    def __str__(self) -> str:
        return f"{self.run_id}.{self.index} {self.kind} {self.state}"
