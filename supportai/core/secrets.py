"""Credentials: encrypted at rest, write-only in every form."""

from typing import TYPE_CHECKING, Any

import structlog
from cryptography.fernet import InvalidToken
from django import forms
from django.db import models
from encrypted_fields.fields import EncryptedTextField

log = structlog.get_logger(__name__)


if TYPE_CHECKING:
    # The package has no types; to the type checker a secret is a text.
    EncryptedText = models.TextField[str, str]
else:
    EncryptedText = EncryptedTextField


class SecretField(EncryptedText):
    """A text encrypted with keys derived from `SECRET_KEY` and `SALT_KEY`; its form field never shows it."""

    f: Any  # the Fernet of the package, over the live keys

    def get_prep_value(self, value: Any) -> str:
        """Encrypt; an empty secret is stored as an empty text, since the column is not null."""
        return super().get_prep_value(value) or ""

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str:
        """Decrypt; a value that none of the live keys opens reads as empty, and the log says so."""
        if not value:
            return ""
        try:
            return str(self.f.decrypt(value.encode()).decode())
        except InvalidToken:
            log.error("secret.unreadable", field=str(self))
            return ""

    def to_python(self, value: Any) -> Any:
        """Leave plain values alone: the base class decrypts here, with a flag that threads would share."""
        return models.TextField.to_python(self, value)

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Validate as a text."""
        return models.TextField.clean(self, value, model_instance)

    def formfield(self, **kwargs: Any) -> forms.Field:
        """Offer an empty password box; leaving it empty keeps what is stored."""
        # An admin passes the widget of any other text field, which would show the secret.
        widget = kwargs.get("widget")
        kind = widget if isinstance(widget, type) else type(widget)
        if not issubclass(kind, forms.PasswordInput):
            kwargs["widget"] = forms.PasswordInput(render_value=False)
        kwargs["required"] = False
        field = super().formfield(**kwargs)
        assert field is not None  # only relations may have none
        field.help_text = f"{field.help_text} Stored encrypted; leave empty to keep it.".strip()
        return field

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Keep the stored value when the box was left empty."""
        if data:
            super().save_form_data(instance, data)
