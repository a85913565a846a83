"""Procedures: what the AI agent does for an intent, step by step, edited in the admin."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models import Team
from supportai.core import cel
from supportai.core.fields import OrderedJSONField
from supportai.core.models import BaseModel
from tickets.models.handoff import Handoff
from tickets.models.ticket import Priority, Ticket


class Intent(BaseModel):
    """What a customer may want, known by example phrases; with a procedure it is also worked on."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    examples = models.TextField(
        blank=True, help_text="What customers write, one phrase a line. Five different ones are enough to start."
    )
    team = models.ForeignKey(Team, models.SET_NULL, related_name="intents", null=True, blank=True)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    is_how_to = models.BooleanField(default=False, help_text="Answered from the knowledge base.")
    history = HistoricalRecords()

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name

    @property
    def phrases(self) -> list[str]:
        """Give the example phrases, without empty lines."""
        return [line.strip() for line in self.examples.splitlines() if line.strip()]


class Procedure(BaseModel):
    """The typed steps and limits for one intent."""

    intent = models.OneToOneField(Intent, models.CASCADE, related_name="procedure")
    is_enabled = models.BooleanField(default=True)
    guidance = models.TextField(
        blank=True, help_text="Free text for the AI agent: tone, what to mention, when to stop. Never grants a right."
    )
    needs_identity = models.BooleanField(
        default=True, help_text="Only for customers whose identity is verified; others are told how to prove it."
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("intent__slug",)

    def __str__(self) -> str:
        return self.intent.name

    @property
    def slug(self) -> str:
        """Give the intent's slug: a procedure is named after what it is for."""
        return self.intent.slug


class ProcedureStep(BaseModel):
    """One step; values of earlier steps are read by their `key` in CEL."""

    class Kind(models.TextChoices):
        LOOK_UP = "look_up", "Look up"
        COMPUTE = "compute", "Compute a value"
        CHOOSE = "choose", "Let the customer choose"
        ASK = "ask", "Ask the customer for a value"
        CONFIRM = "confirm", "Confirm with the customer"
        ACT = "act", "Act"
        SAY = "say", "Say and end"
        HAND_OFF = "hand_off", "Hand off"

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.SlugField(max_length=40, help_text="Name of the value that later steps read, such as `charges`.")
    kind = models.CharField(max_length=10, choices=Kind)
    condition = models.TextField(
        blank=True, help_text="CEL; the step is skipped unless it is true. Example: size(pairs) == 0"
    )
    capability = models.CharField(
        max_length=80, blank=True, help_text="For look up and act, such as billing.refund_charge."
    )
    arguments = OrderedJSONField(
        default=dict,
        blank=True,
        help_text='For look up and act: argument name to CEL, such as {"charge_id": "charge.id"}.',
    )
    expression = models.TextField(
        blank=True,
        help_text="CEL. Compute: the value. Choose: the list to choose from. Ask: a pattern as a CEL text; the part of the answer that matches it is the value.",
    )
    text = models.TextField(
        blank=True,
        help_text="What the customer reads; {{ CEL }} inserts a value: Refund {{ money(charge.amount_cents, charge.currency) }}?",
    )
    label = models.TextField(
        blank=True,
        help_text="Choose: each option's button, with {{ item.… }}. Confirm and say: the card's title, such as Refund {{ … }}.",
    )
    card = OrderedJSONField(
        default=dict, blank=True, help_text='Rows of the card, label to text: {"Charge": "{{ date(charge.created) }}"}.'
    )
    on_no = models.TextField(blank=True, help_text="Confirm: what is said after a no. Ends the run without acting.")
    reason = models.CharField(max_length=20, choices=Handoff.Reason, blank=True, help_text="For hand off.")
    ledger = models.CharField(
        max_length=10,
        choices=Ticket.Ledger,
        blank=True,
        help_text="Say: resolves the ticket at once in this ledger; empty leaves it open for an answer.",
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ("procedure", "position", "pk")
        constraints = (models.UniqueConstraint(fields=["procedure", "key"], name="step_key_unique_in_procedure"),)

    def __str__(self) -> str:
        return f"{self.position}. {self.get_kind_display()}: {self.key}"

    def clean(self) -> None:
        """Refuse CEL that does not parse and fields that the kind needs, pointing at the field."""
        errors: dict[str, str] = {}
        for field in ("condition", "expression"):
            _check_cel(errors, field, getattr(self, field))
        for field in ("text", "label", "on_no"):
            for expression in template_expressions(getattr(self, field)):
                _check_cel(errors, field, expression)
        errors |= self._check_arguments() | self._missing_fields()
        if errors:
            raise ValidationError(errors)

    def _check_arguments(self) -> dict[str, str]:
        errors: dict[str, str] = {}
        if not isinstance(self.arguments, dict) or not all(isinstance(v, str) for v in self.arguments.values()):
            return {"arguments": 'Write argument names with CEL texts, such as {"charge_id": "charge.id"}.'}
        for expression in self.arguments.values():
            _check_cel(errors, "arguments", expression)
        if not isinstance(self.card, dict) or not all(isinstance(text, str) for text in self.card.values()):
            return errors | {"card": 'Write labels with texts, such as {"Charge": "{{ charge.id }}"}.'}
        for text in self.card.values():
            for expression in template_expressions(text):
                _check_cel(errors, "card", expression)
        return errors

    def _missing_fields(self) -> dict[str, str]:
        needs = {
            self.Kind.LOOK_UP: ("capability",),
            self.Kind.ACT: ("capability",),
            self.Kind.COMPUTE: ("expression",),
            self.Kind.CHOOSE: ("expression", "text", "label"),
            self.Kind.ASK: ("text",),
            self.Kind.CONFIRM: ("text", "label", "on_no"),
            self.Kind.SAY: ("text",),
            self.Kind.HAND_OFF: ("reason",),
        }
        wanted = needs.get(self.Kind(self.kind), ()) if self.kind else ()
        return {field: "This kind of step needs it." for field in wanted if not getattr(self, field)}


def template_expressions(text: str) -> list[str]:
    """List the CEL expressions between `{{` and `}}`."""
    return [part.split("}}")[0].strip() for part in text.split("{{")[1:]]


def _check_cel(errors: dict[str, str], field: str, expression: Any) -> None:
    if not expression:
        return
    try:
        cel.check(expression)
    except cel.ExpressionError as exc:
        errors[field] = exc.message
