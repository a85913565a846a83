"""API tokens: how other systems sign in to the REST API."""

import hashlib
import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models

from supportai.core import clock
from supportai.core.models import BaseModel


class ApiToken(BaseModel):
    """A named token with scopes; only its SHA-256 is stored, so it is shown once."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Write"
        VOUCH = "vouch", "Vouch for who a customer is"

    PREFIX: ClassVar[str] = "sai_"

    name = models.CharField(max_length=80, help_text="What uses it, such as: billing backend.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="api_tokens",
        help_text="Whose rights it has; replies through it are this person's.",
    )
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_revoked = models.BooleanField(default=False)

    class Meta:
        verbose_name = "API token"
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def allows(self, scope: Scope) -> bool:
        """Tell whether the token was given a scope."""
        return scope in self.scopes

    @classmethod
    def new_secret(cls) -> str:
        """Make a token: the prefix and 256 random bits."""
        return cls.PREFIX + secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(secret: str) -> str:
        """Hash a token for storage; it is random, so a fast hash is enough."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @property
    def is_usable(self) -> bool:
        """Tell whether it is neither revoked nor expired."""
        return not self.is_revoked and (self.expires_at is None or self.expires_at > clock.now())
