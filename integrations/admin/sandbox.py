"""Admin pages of the sandbox's tables: the other side of the demo, to look at and to play with."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextareaWidget

from integrations.models import SandboxAccount, SandboxFault
from integrations.models.sandbox import TABLES
from supportai.core.admin import PlainAdmin
from supportai.core.forms import LinesField

# What only calls of actions make.
MADE_BY_CALLS = frozenset({"refunds", "credits", "issues"})
MAX_COLUMNS = 8


class SandboxAdmin(PlainAdmin):
    """Rows as the other system would have them; times and amounts as they are stored."""

    list_filter_submit = False

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """Show the first columns of the table."""
        names = [f.name for f in self.model._meta.fields if not isinstance(f, models.JSONField | models.TextField)]
        return names[:MAX_COLUMNS]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Search ids and whose a row is."""
        names = {field.name for field in self.model._meta.fields}
        return [name for name in ("id", "contact", "organization", "email", "name", "title") if name in names]

    def get_list_filter(self, request: HttpRequest) -> list[str]:
        """Narrow by status and currency where there is one."""
        names = {field.name for field in self.model._meta.fields}
        return [name for name in ("status", "currency", "plan") if name in names]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep the id of a stored row: others point to it."""
        return ("id",) if obj else ()


class RecordAdmin(SandboxAdmin):
    """Rows that calls made: nobody adds or changes them by hand."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


class AccountForm(forms.ModelForm):
    """A sign-in without JSON: roles are lines."""

    roles = LinesField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), help_text="viewer, member, billing or admin, one a line."
    )

    class Meta:
        model = SandboxAccount
        fields = ("id", "contact", "organization", "status", "last_login", "roles", "mfa")


@admin.register(SandboxAccount)
class SandboxAccountAdmin(SandboxAdmin):
    """Sign-ins of the demo's customers."""

    form = AccountForm


@admin.register(SandboxFault)
class SandboxFaultAdmin(PlainAdmin):
    """Planned failures, to see what the AI agent does when another system breaks."""

    list_display = ("action", "kind", "times")


for table, model in TABLES.items():
    if model is not SandboxAccount:
        admin.site.register(model, RecordAdmin if table in MADE_BY_CALLS else SandboxAdmin)
