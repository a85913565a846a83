"""Brands: one site with a widget of its own look, languages and keys."""

import re
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel
from supportai.core.secrets import SecretField

ORIGIN = re.compile(r"https?://[\w.-]+(?::\d+)?")


def new_signing_key() -> str:
    """Make a key for HS256, 256 bits as RFC 7518 section 3.2 asks."""
    return secrets.token_urlsafe(32)


class Brand(BaseModel):
    """What a widget shows, where it may run and how its users prove who they are."""

    slug = models.SlugField(
        unique=True, help_text="The data-brand of the script tag, and the audience of signed identities."
    )
    name = models.CharField(max_length=80)
    color = models.CharField(
        max_length=7,
        default="#14201c",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$", "Write a colour as #rrggbb.")],
        help_text="Of the launcher and the customer's own messages.",
    )
    greeting = models.CharField(
        max_length=300, default="Hi! Ask anything about the product or your account.", blank=True
    )
    suggestions = models.JSONField(
        default=list, blank=True, help_text="Up to four questions offered in an empty conversation."
    )
    languages = models.JSONField(
        default=list,
        blank=True,
        help_text='ISO 639-1 codes the AI agent answers in, such as ["en"]; the first is the default.',
    )
    allowed_origins = models.JSONField(
        default=list,
        blank=True,
        help_text='Sites that may embed the widget, such as ["https://app.example.com"]. Our own pages always may.',
    )
    identity_required = models.BooleanField(
        default=False, help_text="Refuse visitors who are not signed in to your product."
    )
    signing_key = SecretField(
        default=new_signing_key, help_text="Signs the identity tokens (JWT, HS256) that your server makes."
    )
    previous_signing_key = SecretField(
        default="", blank=True, help_text="Still accepted while you rotate; clear it afterwards."
    )
    history = HistoricalRecords(excluded_fields=["signing_key", "previous_signing_key"])

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse malformed origins and too many suggestions, saying what to write instead."""
        if not isinstance(self.allowed_origins, list) or not all(_is_origin(o) for o in self.allowed_origins):
            raise ValidationError(
                {"allowed_origins": 'Write a list such as ["https://app.example.com"], without a path.'}
            )
        most = 4
        if not isinstance(self.suggestions, list) or len(self.suggestions) > most:
            raise ValidationError({"suggestions": "Write a list of at most four questions."})

    @property
    def live_keys(self) -> list[str]:
        """Give the one or two keys that identity tokens may be signed with, the current one first."""
        return [key for key in (self.signing_key, self.previous_signing_key) if key]


def _is_origin(value: Any) -> bool:
    return isinstance(value, str) and ORIGIN.fullmatch(value) is not None
