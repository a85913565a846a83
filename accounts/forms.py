"""Forms of accounts."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm

from accounts.services import sign_in


class GuessGuard(AuthenticationForm):
    """Slows down whoever guesses passwords; every form that signs staff in is one."""

    error_messages = {
        "invalid_login": "This e-mail address and password do not fit together.",
        "inactive": "This account is switched off. Ask an admin.",
    }

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


class SignInForm(GuessGuard):
    """Signs staff in by e-mail address, whatever its case."""

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail address"


class AdminSignInForm(GuessGuard, UnfoldAuthenticationForm):
    """Signs in who may open the admin; settings name it.

    It stands here because the admin site imports it while it is built, when no admin page may be registered yet.
    """
