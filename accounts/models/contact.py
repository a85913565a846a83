"""Contacts: the people who ask, and how sure we are of who they are."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models.brand import Brand
from accounts.models.organization import Organization
from supportai.core.models import BaseModel


class IdentityLevel(models.TextChoices):
    """How a message's sender is known, weakest first (SPEC 4)."""

    ANONYMOUS = "anonymous", "Anonymous"
    CLAIMED = "claimed", "Claimed"
    MAIL_AUTHENTICATED = "mail_authenticated", "Mail authenticated"
    CODE_VERIFIED = "code_verified", "Verified by code"
    SIGNED = "signed", "Verified by sign-in"

    @property
    def rank(self) -> int:
        """Order the levels: 0 is anonymous."""
        return list(IdentityLevel).index(self)

    def covers(self, needed: "IdentityLevel") -> bool:
        """Tell whether this level is at least the needed one."""
        return self.rank >= needed.rank


class Contact(BaseModel):
    """A customer's person, or an anonymous visitor.

    A verified contact belongs to a brand and owns its e-mail address there: a customer of two brands is two contacts. A
    visitor's address is a claim, kept apart. Histories never merge silently.
    """

    email = models.EmailField(blank=True)
    name = models.CharField(max_length=120, blank=True)
    is_verified = models.BooleanField(default=False)
    external_id = models.CharField(
        max_length=200, blank=True, help_text="The `sub` of the signed identity: the id in your own system."
    )
    organization = models.ForeignKey(Organization, models.SET_NULL, related_name="contacts", null=True, blank=True)
    plan = models.CharField(
        max_length=20, choices=Organization.Plan, blank=True, help_text="For contacts without an organization."
    )
    roles = models.JSONField(
        default=list, blank=True, help_text='What the signed identity calls this person, such as ["admin"].'
    )
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="contacts", null=True, blank=True)
    locale = models.CharField(max_length=20, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            # Databases count no two nulls as equal, so the two below hold only where there is a brand.
            models.CheckConstraint(
                condition=Q(is_verified=False) | Q(brand__isnull=False), name="verified_contact_has_a_brand"
            ),
            models.UniqueConstraint(
                "brand",
                Lower("email"),
                condition=Q(is_verified=True) & ~Q(email=""),
                name="verified_contact_owns_its_email_in_its_brand",
            ),
            models.UniqueConstraint(
                fields=["brand", "external_id"],
                condition=Q(is_verified=True) & ~Q(external_id=""),
                name="verified_contact_owns_its_external_id_in_its_brand",
            ),
        )

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """Name the person for staff: name, address, or `Visitor` with the start of the id."""
        return self.name or self.email or f"Visitor {str(self.public_id)[:4]}"

    @property
    def initials(self) -> str:
        """Give up to two capitals for the mark beside a message."""
        return "".join(part[0] for part in self.display_name.split()[:2]).upper()

    @property
    def current_plan(self) -> str:
        """Give the organization's plan, else the contact's own, else an empty text."""
        return (self.organization.plan if self.organization else "") or self.plan
