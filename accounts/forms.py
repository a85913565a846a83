"""Forms of accounts."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from accounts.services import sign_in


class SignInForm(AuthenticationForm):
    """Signs staff in by e-mail address, whatever its case, and slows down guessing."""

    error_messages = {
        "invalid_login": "This e-mail address and password do not fit together.",
        "inactive": "This account is switched off. Ask an admin.",
    }

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail address"

    def clean(self) -> dict[str, Any]:
        """Refuse while too many failures are recent, count this one if it fails.

        Raises:
            ValidationError: the pair is wrong, or it is too early to try again.
        """
        email = self.cleaned_data.get("username", "")
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        if sign_in.is_blocked(email=email, address=address):
            raise ValidationError("Too many failed attempts. Wait 15 minutes, then try again.", code="blocked")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            sign_in.note_failure(email=email, address=address)
            raise
        sign_in.forget_failures(email=email)
        return cleaned
