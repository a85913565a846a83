"""Contacts: visitors, signed-in customers, and addresses that are only claimed.

A verified contact owns its address and its id within its brand: another brand's server says who is who there, and has
no say here. What a visitor types stays with the visitor, and the two never merge by themselves.
"""

from dataclasses import dataclass

import structlog
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.errors import ContactVerifiedError
from accounts.models import Contact, Organization
from accounts.services.organizations import put_organization
from supportai.core import clock
from supportai.core.errors import InvalidInputError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIdentity:
    """Who a trusted system says that somebody is; empty values were not said."""

    external_id: str
    email: str = ""
    name: str = ""
    organization: str = ""
    organization_id: str = ""
    plan: str = ""
    roles: tuple[str, ...] = ()
    locale: str = ""


def create_visitor(*, brand_id: int, locale: str = "") -> Contact:
    """Store somebody of whom nothing is known."""
    return Contact.objects.create(brand_id=brand_id, locale=locale[:20], last_seen_at=clock.now())


def claim_email(*, contact_id: int, email: str, name: str = "") -> Contact:
    """Note the address that a visitor gives; a verified contact with the same address is left alone.

    Raises:
        ContactVerifiedError: this contact's facts come from its identity.
        InvalidInputError: it is not an address.
    """
    contact = Contact.objects.get(pk=contact_id)
    if contact.is_verified:
        raise ContactVerifiedError("You are signed in; your address is the one of your account.")
    contact.email = clean_email(email)
    contact.name = name.strip()[:120] or contact.name
    contact.save(update_fields=["email", "name"])
    return contact


def sign_in_contact(*, brand_id: int, identity: SignedIdentity) -> Contact:
    """Find or create a brand's verified contact of an identity, by its id, then by address, and update its facts."""
    try:
        return _sign_in(brand_id, identity)
    except IntegrityError:
        # Two tabs signed in at once and the other one created the contact: now it is found.
        return _sign_in(brand_id, identity)


def contact_for_address(*, brand_id: int, email: str, name: str = "", is_vouched: bool = False) -> Contact:
    """Find or create who writes from an address: its owner if a trusted system vouches, else a claimant; both of this brand.

    A claimant is never one who used the widget, so nobody reads there what came in another way.

    Raises:
        InvalidInputError: it is not an address.
    """
    email = clean_email(email)
    known = Contact.objects.filter(brand_id=brand_id, email__iexact=email, is_verified=is_vouched)
    if not is_vouched:
        known = known.filter(last_seen_at__isnull=True)
    return known.order_by("pk").first() or Contact.objects.create(
        brand_id=brand_id, email=email, name=name.strip()[:120], is_verified=is_vouched
    )


def clean_email(email: str) -> str:
    """Trim an address and write it in lower case.

    Raises:
        InvalidInputError: it is not an address.
    """
    cleaned = email.strip().lower()
    try:
        validate_email(cleaned)
    except ValidationError as exc:
        raise InvalidInputError("This is not an e-mail address.") from exc
    return cleaned


@transaction.atomic
def _sign_in(brand_id: int, identity: SignedIdentity) -> Contact:
    known = Contact.objects.select_for_update(of=("self",), no_key=True)
    verified = known.filter(brand_id=brand_id, is_verified=True)
    contact = verified.filter(external_id=identity.external_id).first()
    owner = verified.filter(email__iexact=identity.email).first() if identity.email else None
    if contact is None:
        # An owner with another id is another account of that system: the address stays with it.
        contact = owner if owner and not owner.external_id else Contact(brand_id=brand_id, is_verified=True)
        contact.external_id = identity.external_id
    if identity.email and owner in (None, contact):
        contact.email = identity.email
    _update_facts(contact, identity)
    contact.last_seen_at = clock.now()
    contact.save()
    return contact


def _update_facts(contact: Contact, identity: SignedIdentity) -> None:
    plan = identity.plan if identity.plan in Organization.Plan.values else ""
    if identity.plan and not plan:
        log.warning("contact.unknown_plan", contact_id=contact.pk, plan=identity.plan[:20])
    if identity.organization:
        contact.organization = put_organization(
            name=identity.organization, external_id=identity.organization_id, plan=plan
        )
    contact.name = identity.name[:120] or contact.name
    contact.plan = plan or contact.plan
    contact.locale = identity.locale[:20] or contact.locale
    contact.roles = list(identity.roles)
