"""Forms of the staff pages."""

from django import forms

from accounts.models import User
from tickets.services.messages import MAX_TEXT


class SayForm(forms.Form):
    """A reply to the customer or an internal note; `client_id` makes sending it twice harmless."""

    kind = forms.ChoiceField(choices=[("reply", "Reply"), ("note", "Internal note")])
    client_id = forms.UUIDField()
    text = forms.CharField(
        max_length=MAX_TEXT,
        error_messages={
            "required": "Write something first.",
            "max_length": f"Keep a message under {MAX_TEXT:,} characters; attach longer texts as a file.",
        },
    )

    @property
    def first_error(self) -> str:
        """Give the first thing that is wrong, for a toast."""
        return next((str(error) for errors in self.errors.values() for error in errors), "")


class AssignForm(forms.Form):
    """Who gets a ticket; empty is nobody."""

    user = forms.ModelChoiceField(User.objects.filter(is_active=True), required=False)


class DenyForm(forms.Form):
    """Why a call is not made."""

    why = forms.CharField(max_length=300, required=False)


class SuggestionForm(forms.Form):
    """The text that will be published."""

    title = forms.CharField(max_length=300)
    body = forms.CharField(max_length=50_000, widget=forms.Textarea)


class RejectForm(forms.Form):
    """Why a suggestion is not published."""

    reason = forms.CharField(max_length=300, required=False)
