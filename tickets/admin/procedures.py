"""Admin pages of intents and procedures: what the AI agent does, step by step, without code."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.text import slugify
from unfold.admin import StackedInline
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminExpandableTextareaWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from integrations.actions import all_actions
from supportai.core.admin import ConfigurationAdmin
from supportai.core.forms import PairsField
from tickets.models import Intent, Procedure, ProcedureStep
from tickets.services.procedures import DraftStep, unknown_names

LINES = {"rows": 2}
CALLS = (ProcedureStep.Kind.LOOK_UP, ProcedureStep.Kind.ACT)
MIN_EXAMPLES = 5
TEXTS = ("kind", "condition", "expression", "text", "label", "on_no")


class StepForm(forms.ModelForm):
    """One step; mappings are lines, and CEL that does not parse is refused at its field."""

    arguments = PairsField(
        widget=UnfoldAdminExpandableTextareaWidget(attrs=LINES),
        help_text="Look up, act: the action's arguments in CEL, one a line, such as charge_id: charge.id",
    )
    card = PairsField(
        label="Card rows",
        widget=UnfoldAdminExpandableTextareaWidget(attrs=LINES),
        help_text="Confirm, say: rows of the card, one a line, such as Charge: {{ date(charge.created) }}",
    )

    class Meta:
        model = ProcedureStep
        fields = (
            "position",
            "kind",
            "key",
            "condition",
            "capability",
            "arguments",
            "expression",
            "text",
            "label",
            "card",
            "on_no",
            "reason",
            "ledger",
        )
        labels = {"label": "Button or card title", "on_no": "Said after a no", "condition": "Only if"}
        widgets = {
            "condition": UnfoldAdminTextInputWidget,
            "expression": UnfoldAdminExpandableTextareaWidget(attrs=LINES),
            "text": UnfoldAdminExpandableTextareaWidget(attrs=LINES),
            "label": UnfoldAdminTextInputWidget,
            "on_no": UnfoldAdminTextInputWidget,
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a capability that nothing has, and arguments that it does not take, before a customer meets them."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("kind") in CALLS and cleaned.get("capability"):
            for field, message in call_errors(cleaned["capability"], cleaned.get("arguments")).items():
                self.add_error(field, message)
        return cleaned


def call_errors(capability: str, arguments: Mapping[str, str] | None) -> dict[str, str]:
    """Compare a step's call with what the connectors offer; `arguments` is None when they cannot be read."""
    params = {spec.capability: spec.params.model_fields for spec in all_actions()}
    if capability not in params:
        near = get_close_matches(capability, params, n=3, cutoff=0.4) or sorted(params)
        return {"capability": f"No connector offers {capability}. There is: {', '.join(near)}."}
    if arguments is None:
        return {}
    fields = params[capability]
    missing = [name for name, field in fields.items() if field.is_required() and name not in arguments]
    unknown = [name for name in arguments if name not in fields]
    if missing:
        return {"arguments": f"{capability} also needs {', '.join(missing)}."}
    if unknown:
        takes = f"it takes {', '.join(fields)}" if fields else "it takes none"
        return {"arguments": f"{capability} has no argument {', '.join(unknown)}; {takes}."}
    return {}


class StepFormSet(forms.BaseInlineFormSet):
    """All steps of a procedure; a name that no earlier step gives is refused where it is read."""

    def clean(self) -> None:
        """Check the steps in their order, those that will be deleted left out."""
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms and _is_filled(form)]
        kept.sort(key=lambda form: (form.cleaned_data.get("position") or 0, self.forms.index(form)))
        for form, errors in zip(kept, unknown_names([_draft_of(form) for form in kept]), strict=True):
            for field, message in errors.items():
                if field not in form.errors:
                    form.add_error(field, message)


def _is_filled(form: forms.BaseForm) -> bool:
    return hasattr(form, "cleaned_data") and (form.has_changed() or bool(form.instance.pk))  # type: ignore[attr-defined]


def _draft_of(form: forms.BaseForm) -> DraftStep:
    """Read a form, also one with errors: later steps may rely on its key."""
    given: dict[str, Any] = {name: form.cleaned_data.get(name) or "" for name in TEXTS}
    given |= {name: form.cleaned_data.get(name) or {} for name in ("arguments", "card")}
    return DraftStep(key=str(form["key"].value() or ""), **given)


class StepInline(StackedInline):
    """The steps in order; drag to sort, click to open; a new one is open."""

    model = ProcedureStep
    form = StepForm
    formset = StepFormSet
    verbose_name = "step"
    verbose_name_plural = "steps"
    extra = 0
    collapsible = True
    ordering_field = "position"
    hide_ordering_field = True
    ordering = ("position", "pk")
    show_change_link = False
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("kind", "key"),
                    "condition",
                    ("capability", "arguments"),
                    "expression",
                    "text",
                    ("label", "card"),
                    "on_no",
                    ("reason", "ledger"),
                    "position",
                )
            },
        ),
    )

    class Media:
        js = ("supportai/js/admin_steps.js",)


class ProcedureForm(forms.ModelForm):
    """A procedure with its intent's examples, and a way to name a new intent on the spot."""

    new_intent = forms.CharField(
        label="Or a new intent",
        required=False,
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
        help_text="What the customer wants, such as: Change the billing address.",
    )
    examples = forms.CharField(
        label="Trigger examples",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        help_text="What customers write who want this, one phrase a line. Five different ones are enough to start; "
        "other words for the same thing help more than the same words again.",
    )

    class Meta:
        model = Procedure
        fields = ("intent", "is_enabled", "needs_identity", "guidance")
        labels = {"is_enabled": "On", "needs_identity": "Verified customers only"}
        widgets = {"guidance": UnfoldAdminTextareaWidget(attrs={"rows": 4})}
        help_texts = {"is_enabled": "Off: the AI agent hands these questions to people."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "intent" in self.fields:
            self.fields["intent"].required = False
        if self.instance.pk and "examples" in self.fields:
            self.fields["examples"].initial = self.instance.intent.examples

    def clean(self) -> dict[str, Any]:
        """Ask for one intent, known or new, and for enough examples to recognise it.

        Raises:
            ValidationError: no intent, two, a name that exists, or under five examples.
        """
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.instance.pk:
            self._check_intent(cleaned)
        examples = {line.strip().lower() for line in cleaned.get("examples", "").splitlines() if line.strip()}
        if cleaned.get("is_enabled") and len(examples) < MIN_EXAMPLES:
            self.add_error("examples", f"Write at least {MIN_EXAMPLES} different phrases, or switch it off meanwhile.")
        return cleaned

    def _check_intent(self, cleaned: dict[str, Any]) -> None:
        name, chosen = cleaned.get("new_intent", "").strip(), cleaned.get("intent")
        if bool(name) == bool(chosen):
            self.add_error("intent", "Choose an intent or name a new one.")
        elif name and Intent.objects.filter(slug=_slug(name)).exists():
            self.add_error("new_intent", "There is an intent of this name; choose it above.")
        elif name and not _slug(name):
            self.add_error("new_intent", "Use letters in the name.")

    def _get_validation_exclusions(self) -> set[str]:
        # A new intent is stored only when the whole page is good.
        exclude: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return exclude | {"intent"} if self.cleaned_data.get("new_intent") else exclude

    def save_intent(self) -> Intent:
        """Store the new intent, or the known one's examples; called once the steps are good as well."""
        name = self.cleaned_data.get("new_intent", "").strip()
        intent = Intent(slug=_slug(name), name=name) if name and not self.instance.pk else self.instance.intent
        examples = self.cleaned_data["examples"]
        if intent.pk is None or intent.examples != examples:
            intent.examples = examples
            intent.save()
        return intent


def _slug(name: str) -> str:
    return slugify(name).replace("-", "_")[:60]


@admin.register(Procedure)
class ProcedureAdmin(ConfigurationAdmin):
    """What the AI agent does for an intent."""

    empty_hint = "A procedure leads the AI agent step by step through what it may do for an intent, such as a refund."
    form = ProcedureForm
    inlines = (StepInline,)
    list_display = ("title", "state", "step_count", "example_count", "identity", "updated_at")
    list_filter = ("is_enabled", "needs_identity")
    list_select_related = ("intent",)
    search_fields = ("intent__slug", "intent__name")
    save_on_top = False
    fieldsets = ((None, {"fields": (("intent", "is_enabled"), "examples", "needs_identity", "guidance")}),)
    add_fieldsets = (
        (None, {"fields": (("intent", "new_intent"), "examples", ("is_enabled", "needs_identity"), "guidance")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Procedure]:
        """Count the steps with the list."""
        rows: QuerySet[Procedure] = super().get_queryset(request)
        return rows.annotate(step_total=Count("steps"))

    def save_model(self, request: HttpRequest, obj: Procedure, form: Any, change: bool) -> None:
        """Store the intent first."""
        obj.intent = form.save_intent()
        super().save_model(request, obj, form, change)

    def get_readonly_fields(self, request: HttpRequest, obj: Procedure | None = None) -> tuple[str, ...]:
        """Keep the intent of a stored procedure."""
        return ("intent",) if obj else ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only intents that have no procedure yet."""
        if db_field.name == "intent":
            kwargs["queryset"] = Intent.objects.filter(procedure__isnull=True)
            kwargs["widget"] = UnfoldAdminSelectWidget
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @display(description="Procedure", ordering="intent__name")
    def title(self, obj: Procedure) -> str:
        """Name the intent."""
        return obj.intent.name

    @display(description="State", ordering="is_enabled", label={"On": "success", "Off": "danger", "Empty": "warning"})
    def state(self, obj: Any) -> str:
        """Say whether the AI agent follows it."""
        if not obj.is_enabled:
            return "Off"
        return "On" if obj.step_total else "Empty"

    @display(description="Steps", ordering="step_total")
    def step_count(self, obj: Any) -> int:
        """Count the steps."""
        return int(obj.step_total)

    @display(description="Examples")
    def example_count(self, obj: Procedure) -> int:
        """Count the trigger examples."""
        return len(obj.intent.phrases)

    @display(description="Verified customers only", boolean=True, ordering="needs_identity")
    def identity(self, obj: Procedure) -> bool:
        """Say whether an unverified customer is told how to prove who they are."""
        return obj.needs_identity


@admin.register(Intent)
class IntentAdmin(ConfigurationAdmin):
    """What customers want; examples teach the AI agent to recognise it."""

    empty_hint = (
        "An intent is what customers want, known by examples in their words. Five examples are enough to begin."
    )
    list_display = ("name", "slug", "example_count", "what_happens", "team", "priority")
    list_filter = ("is_how_to", "team", "priority")
    list_select_related = ("team", "procedure")
    search_fields = ("slug", "name", "examples")
    autocomplete_fields = ("team",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": (("name", "slug"), "examples", "is_how_to")}),
        ("When people answer", {"fields": (("team", "priority"),)}),
    )

    @display(description="Examples")
    def example_count(self, obj: Intent) -> int:
        """Count the phrases."""
        return len(obj.phrases)

    @display(
        description="The AI agent",
        label={"follows a procedure": "success", "answers from articles": "info", "hands off": "warning"},
    )
    def what_happens(self, obj: Intent) -> str:
        """Say what the AI agent does with it."""
        procedure = getattr(obj, "procedure", None)
        if procedure and procedure.is_enabled:
            return "follows a procedure"
        return "answers from articles" if obj.is_how_to else "hands off"
