"""Reads of who is who."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import ApiToken, Brand, Contact, Organization, Team, User
from supportai.core.errors import NotFoundError


def brand_by_slug(slug: str) -> Brand:
    """Give a brand.

    Raises:
        NotFoundError: there is none.
    """
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None:
        raise NotFoundError("There is no such brand; check the script tag's data-brand.")
    return brand


def default_brand() -> Brand:
    """Give the first brand, for tickets that name none.

    Raises:
        NotFoundError: none was made yet.
    """
    brand = Brand.objects.order_by("pk").first()
    if brand is None:
        raise NotFoundError("Make a brand in the admin first.")
    return brand


def contacts() -> QuerySet[Contact]:
    """Give contacts with what their page shows."""
    return Contact.objects.select_related("organization", "brand")


def organizations() -> QuerySet[Organization]:
    """Give organizations."""
    return Organization.objects.all()


def active_staff() -> QuerySet[User]:
    """Give who can sign in, by name."""
    return User.objects.filter(is_active=True).order_by("name", "email")


def staff_by_public_id(public_id: UUID) -> User:
    """Give an active member of staff.

    Raises:
        NotFoundError: there is none.
    """
    user = active_staff().filter(public_id=public_id).first()
    if user is None:
        raise NotFoundError("There is no such member of staff.")
    return user


def teams_of(user: User) -> QuerySet[Team]:
    """Give the teams that somebody is in."""
    return user.teams.all()


def default_team() -> Team | None:
    """Give the team that takes what no other takes."""
    return Team.objects.filter(is_default=True).first()


def token_by_secret(secret: str) -> ApiToken | None:
    """Give the usable token of an active user that a secret belongs to."""
    token = ApiToken.objects.select_related("user").filter(digest=ApiToken.digest_of(secret)).first()
    return token if token and token.is_usable and token.user.is_active else None
