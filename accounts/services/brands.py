"""Brands: rotating the keys that sign their customers' identities."""

from django.db import transaction

from accounts.models import Brand
from accounts.models.brand import new_signing_key


@transaction.atomic
def rotate_signing_key(*, brand_id: int) -> Brand:
    """Make a new key; the present one becomes the previous one, which is still accepted."""
    brand = Brand.objects.select_for_update().get(pk=brand_id)
    brand.previous_signing_key = brand.signing_key
    brand.signing_key = new_signing_key()
    brand.save(update_fields=["signing_key", "previous_signing_key"])
    return brand


@transaction.atomic
def drop_previous_key(*, brand_id: int) -> Brand:
    """Accept only the present key from now on."""
    brand = Brand.objects.select_for_update().get(pk=brand_id)
    brand.previous_signing_key = ""
    brand.save(update_fields=["previous_signing_key"])
    return brand
