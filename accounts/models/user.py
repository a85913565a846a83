"""Staff: people who answer customers, lead them, run the installation or watch over the AI agent."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from supportai.core.models import BaseModel


class Right(models.TextChoices):
    """What `accounts.permissions` asks for; each is a permission of this model."""

    SEE_INBOX = "see_inbox", "Can read tickets and conversations"
    REPLY = "reply", "Can answer customers and take tickets over"
    RESOLVE = "resolve", "Can resolve, reopen and assign tickets"
    APPROVE_SUGGESTION = "approve_suggestion", "Can publish what the AI agent learned"
    APPROVE_ACTION = "approve_action", "Can approve actions up to their own limit"
    APPROVE_ANY_AMOUNT = "approve_any_amount", "Can approve actions of any amount"
    OVERSEE_AI = "oversee_ai", "Can watch over the AI agent and stop it"
    CONFIGURE = "configure", "Can change procedures, stages, brands and teams"
    MANAGE_STAFF = "manage_staff", "Can invite staff, give roles and make API tokens"


class UserManager(BaseUserManager["User"]):
    """Creates staff users by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a user; without a password nobody can sign in as this user."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a user by e-mail address, whatever its case; sign-in goes through here."""
        return self.get(email=(username or "").strip().lower())

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Store a user who may do everything, for `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(BaseModel, AbstractBaseUser, PermissionsMixin):
    """A member of staff; rights come from groups named after `Role`."""

    class Role(models.TextChoices):
        AGENT = "agent", "Agent"
        LEAD = "lead", "Lead"
        ADMIN = "admin", "Admin"
        AI_OVERSIGHT = "ai_oversight", "AI oversight"

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(
        "may sign in", default=True, help_text="Off: nobody signs in as this person, and their API tokens end."
    )
    is_staff = models.BooleanField(
        "may open the admin", default=False, help_text="Leads and admins configure the product there."
    )

    approval_limit_cents = models.PositiveBigIntegerField(
        "approval limit",
        default=10_000,
        help_text="In cents: the largest amount that an agent may approve; leads and admins may approve any.",
    )
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        ordering = ("name", "email")
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_case"),)
        permissions = tuple(Right.choices)

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the address in lower case, so that one person has one account."""
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        """Give the whole name, as colleagues see it."""
        return self.name

    def get_short_name(self) -> str:
        """Give the first name, as customers see it."""
        return self.name.split(" ")[0] if self.name else self.email.split("@")[0]

    @property
    def initials(self) -> str:
        """Give up to two capitals for the mark beside a message."""
        return "".join(part[0] for part in (self.name or self.email).split()[:2]).upper()
