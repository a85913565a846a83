"""Admin page of API tokens: the secret is shown once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import ApiToken
from accounts.services import tokens
from supportai.core.admin import Done, PlainAdmin, Press, confirmed

SHOWN_ONCE = "Copy the token now, it is not shown again: {secret}"


class ApiTokenForm(forms.ModelForm):
    """A new token."""

    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Write is for what changes something. Vouch lets a system of yours say who a customer is; "
        "give it only to servers that have checked.",
    )

    class Meta:
        model = ApiToken
        fields = ("name", "user", "scopes", "expires_at")
        help_texts = {"expires_at": "Empty: until it is revoked."}


@admin.register(ApiToken)
class ApiTokenAdmin(PlainAdmin):
    """Tokens can be made, rotated and revoked, never read or changed."""

    empty_hint = "Other systems sign in with a token; the API reference shows what they can do."
    form = ApiTokenForm
    list_display = ("name", "user", "scope_names", "state", "last_used_at", "expires_at")
    list_filter = ("is_revoked",)
    list_select_related = ("user",)
    search_fields = ("name", "user__email", "user__name")
    autocomplete_fields = ("user",)
    actions = ("revoke",)
    actions_detail = ("rotate",)
    fields = ("name", "user", "scopes", "expires_at")

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        """Show a stored token with its use."""
        stored = ("name", "user", "scope_names", "state", "expires_at", "last_used_at", "created_at")
        return stored if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        """Make everything of a stored token read-only."""
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Refuse: scopes that could grow later would make a token's promise worthless."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Refuse: a revoked token stays on record."""
        return False

    def has_revoke_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Let those revoke and rotate who may make tokens."""
        return bool(self.has_add_permission(request))

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Issue the token and show its secret once."""
        if change:
            return
        issued = tokens.issue_token(
            user_id=obj.user_id, name=obj.name, scopes=form.cleaned_data["scopes"], expires_at=obj.expires_at
        )
        obj.pk, obj.digest = issued.token.pk, issued.token.digest
        messages.warning(request, SHOWN_ONCE.format(secret=issued.secret))

    @confirmed(
        label="Revoke",
        title="Revoke these tokens?",
        text="Requests with them are refused from now on. This cannot be undone.",
        button="Revoke",
        permission="revoke",
    )
    def revoke(self, press: Press) -> str:
        """Make the chosen tokens useless at once."""
        for token in press.rows:
            tokens.revoke_token(token_id=token.pk)
        return "Revoked. Requests with these tokens are refused from now on."

    @confirmed(
        label="Rotate",
        title="Replace this token?",
        text="It stops working at once; a new one with the same scopes is shown.",
        button="Replace the token",
        permission="revoke",
    )
    def rotate(self, press: Press) -> Done:
        """Issue another secret and revoke this one."""
        issued = tokens.rotate_token(token_id=press.pk)
        page = reverse("admin:accounts_apitoken_change", args=[issued.token.pk])
        return Done(SHOWN_ONCE.format(secret=issued.secret), messages.WARNING, page)

    @display(description="Scopes")
    def scope_names(self, obj: ApiToken) -> str:
        """Name the scopes."""
        labels = dict(ApiToken.Scope.choices)
        return ", ".join(str(labels.get(scope, scope)) for scope in obj.scopes)

    @display(description="State", label={"Works": "success", "Revoked": "danger", "Expired": "warning"})
    def state(self, obj: ApiToken) -> str:
        """Say whether it works."""
        return "Works" if obj.is_usable else "Revoked" if obj.is_revoked else "Expired"
