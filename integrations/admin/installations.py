"""Admin pages of installations, bindings and action policies."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from integrations.actions import BUILT_IN_CONNECTORS, all_actions
from integrations.models import ActionPolicy, Binding, Installation
from integrations.services.installations import check_installation
from supportai.core.admin import ConfigurationAdmin, Done, Press, confirmed, told_of
from supportai.core.forms import PairsField

STATE_COLOURS = {
    "Active": "success",
    "Degraded": "warning",
    "Needs a new sign-in": "danger",
    "Disconnected": "danger",
    "Revoked": "danger",
    "Connecting": "info",
}
MODE_COLOURS = {"Allow": "success", "Ask a person each time": "warning", "Deny (switched off)": "danger"}
Choices = list[tuple[str, str]]


def action_choices() -> Choices:
    """List every action with what it does and its risk."""
    return [(spec.name, f"{spec.name} ({spec.risk}): {spec.description.partition('. ')[0]}") for spec in all_actions()]


def capability_choices() -> Choices:
    """List every capability that some action can carry out."""
    return [(name, name) for name in sorted({spec.capability for spec in all_actions()})]


def kind_choices() -> Choices:
    """List the connectors."""
    return [(kind, kind) for kind in BUILT_IN_CONNECTORS]


class InstallationForm(forms.ModelForm):
    """A connected account without JSON: settings are lines."""

    kind = forms.ChoiceField(choices=kind_choices, widget=UnfoldAdminSelectWidget, label="Connector")
    settings = PairsField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="What its connector needs besides the credentials, one name: value a line. The sandbox needs nothing.",
    )

    class Meta:
        model = Installation
        fields = ("kind", "name", "can_ingest", "can_act", "can_notify", "credentials", "settings")


@admin.register(Installation)
class InstallationAdmin(ConfigurationAdmin):
    """Connected accounts. Switching act off stops every call at once, also of those that wait for approval."""

    empty_hint = (
        "An installation is an account in another system, such as your Stripe. Without one, the AI agent only answers."
    )
    form = InstallationForm
    list_display = ("name", "kind", "state_name", "can_ingest", "can_act", "can_notify", "capabilities")
    list_filter = ("kind", "state")
    search_fields = ("name", "kind")
    actions_detail = ("check_connection",)
    fieldsets = (
        (None, {"fields": (("name", "kind"), "state_name")}),
        ("What it may do", {"fields": ("can_ingest", "can_act", "can_notify")}),
        ("Connection", {"fields": ("credentials", "settings")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Installation]:
        """Count what is bound to each."""
        rows: QuerySet[Installation] = super().get_queryset(request)
        return rows.annotate(capability_count=Count("bindings"))

    def get_readonly_fields(self, request: HttpRequest, obj: Installation | None = None) -> tuple[str, ...]:
        """Keep the connector of a stored one: its actions belong to it."""
        return ("state_name", "kind") if obj else ("state_name",)

    def has_delete_permission(self, request: HttpRequest, obj: Installation | None = None) -> bool:
        """Refuse once it was used: executions belong to it."""
        return super().has_delete_permission(request, obj) and not (obj and obj.executions.exists())

    def has_check_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Let those check who may change it."""
        return bool(self.has_change_permission(request))

    def save_model(self, request: HttpRequest, obj: Installation, form: Any, change: bool) -> None:
        """Store it, and say at once whether it can be used."""
        super().save_model(request, obj, form, change)
        told = told_of(check_installation(installation_id=obj.pk))
        messages.add_message(request, told.level, told.text)

    @confirmed(
        label="Check the connection",
        title="Check the connection?",
        text="Asks the other system whether it answers; nothing is changed there.",
        button="Check",
        permission="check",
    )
    def check_connection(self, press: Press) -> Done:
        """Ask the other system."""
        return told_of(check_installation(installation_id=press.pk))

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def state_name(self, obj: Installation) -> str:
        """Name the state."""
        return obj.get_state_display()

    @display(description="Capabilities")
    def capabilities(self, obj: Any) -> int:
        """Count what is bound to it."""
        return int(obj.capability_count)


class BindingForm(forms.ModelForm):
    """What does a capability, chosen from what exists."""

    capability = forms.ChoiceField(
        choices=capability_choices, widget=UnfoldAdminSelectWidget, help_text="As procedures name it."
    )
    action = forms.ChoiceField(
        choices=action_choices, widget=UnfoldAdminSelectWidget, help_text="What is called; it must do the capability."
    )

    class Meta:
        model = Binding
        fields = ("capability", "installation", "action")


@admin.register(Binding)
class BindingAdmin(ConfigurationAdmin):
    """Which account carries out which capability; procedures need no change when it moves."""

    empty_hint = "A binding says which installation carries out what procedures ask for, such as a refund."
    form = BindingForm
    list_display = ("capability", "action", "installation", "updated_at")
    list_filter = ("installation",)
    list_select_related = ("installation",)
    search_fields = ("capability", "action")
    fieldsets = ((None, {"fields": ("capability", "installation", "action")}),)


class ActionPolicyForm(forms.ModelForm):
    """The rule of one capability."""

    capability = forms.ChoiceField(
        choices=capability_choices, widget=UnfoldAdminSelectWidget, help_text="As procedures name it."
    )

    class Meta:
        model = ActionPolicy
        fields = ("capability", "mode", "limit_cents", "daily_count", "identity_level")
        labels = {"limit_cents": "Amount a day", "daily_count": "Times a day", "identity_level": "Identity needed"}


@admin.register(ActionPolicy)
class ActionPolicyAdmin(ConfigurationAdmin):
    """What the AI agent may do alone, how much of it, and for whom."""

    empty_hint = "Without a policy, what can be undone runs alone, and the rest waits for a person."
    form = ActionPolicyForm
    list_display = ("capability", "mode_name", "limit_cents", "daily_count", "identity_level")
    list_filter = ("mode", "identity_level")
    search_fields = ("capability",)
    fieldsets = (
        (None, {"fields": ("capability", "mode")}),
        (
            "Without asking a person, up to",
            {
                "fields": (("limit_cents", "daily_count"),),
                "description": "Both count per contact and day (UTC) and include the limit itself. Above the amount one "
                "person approves, above five times the amount two different people do. Above the count, critical "
                "actions wait for a person and others are refused.",
            },
        ),
        ("For whom", {"fields": ("identity_level",)}),
    )

    @display(description="Mode", ordering="mode", label=MODE_COLOURS)
    def mode_name(self, obj: ActionPolicy) -> str:
        """Name the mode."""
        return obj.get_mode_display()
