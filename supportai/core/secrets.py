"""Credentials: encrypted at rest, write-only in every form."""

from typing import Any

from django import forms
from encrypted_fields.fields import EncryptedTextField


class SecretField(EncryptedTextField):
    """A text encrypted with keys derived from `SECRET_KEY` and `SALT_KEY`; its form field never shows it."""

    def formfield(self, **kwargs: Any) -> forms.Field:
        """Offer an empty password box; leaving it empty keeps what is stored."""
        # An admin passes the widget of any other text field, which would show the secret.
        widget = kwargs.get("widget")
        kind = widget if isinstance(widget, type) else type(widget)
        if not issubclass(kind, forms.PasswordInput):
            kwargs["widget"] = forms.PasswordInput(render_value=False)
        kwargs["required"] = False
        field: forms.Field = super().formfield(**kwargs)
        field.help_text = f"{field.help_text} Stored encrypted; leave empty to keep it.".strip()
        return field

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Keep the stored value when the box was left empty."""
        if data:
            super().save_form_data(instance, data)
