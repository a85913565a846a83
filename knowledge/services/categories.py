"""Categories of the help center."""

from django.utils.text import slugify

from knowledge.models import Category
from supportai.core.errors import InvalidInputError

MAX_NAME = 80
MAX_SLUG = 80


def category_named(name: str) -> Category | None:
    """Give the category of that name, made if there is none yet; None for an empty name."""
    name = " ".join(name.split())[:MAX_NAME]
    if not name:
        return None
    found = Category.objects.filter(name__iexact=name).first()
    return found or Category.objects.get_or_create(name=name, defaults={"slug": free_slug(name)})[0]


def put_category(*, name: str, position: int, icon: str = Category.Icon.BOOK, description: str = "") -> Category:
    """Store a category under its name; one that exists is brought to these values."""
    category = category_named(name)
    if category is None:
        raise InvalidInputError("Give the category a name.")
    category.position, category.icon, category.description = position, icon, description
    category.save(update_fields=["position", "icon", "description"])
    return category


def free_slug(name: str) -> str:
    """Make an address from a name that no other category has."""
    base = slugify(name)[:MAX_SLUG].strip("-") or "category"
    slug, number = base, 1
    while Category.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug
