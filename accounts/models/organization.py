"""Organizations: the companies that contacts work for."""

from django.db import models
from django.db.models import Q

from supportai.core.models import BaseModel


class Organization(BaseModel):
    """A customer company, with what it pays."""

    class Plan(models.TextChoices):
        FREE = "free", "Free"
        STARTER = "starter", "Starter"
        PRO = "pro", "Pro"
        BUSINESS = "business", "Business"
        ENTERPRISE = "enterprise", "Enterprise"

    name = models.CharField(max_length=200, unique=True)
    plan = models.CharField(max_length=20, choices=Plan, blank=True)
    mrr_cents = models.PositiveBigIntegerField(
        "monthly revenue", default=0, help_text="Recurring revenue a month, in cents."
    )
    external_id = models.CharField(
        max_length=200,
        blank=True,
        help_text=(
            "Its id in your own system. Once it is set, a signed identity must name it: the name alone is not enough."
        ),
    )

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="organization_owns_its_external_id"
            ),
        )

    def __str__(self) -> str:
        return self.name
