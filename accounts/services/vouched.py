"""What a trusted system says about customers: verified contacts and their organizations, made and changed by id.

Visitors and claimants are nobody's to change: what they typed stays theirs (`services.contacts`). Two at once with one
address or id meet at the database's constraints, so one of them gets an IntegrityError.
"""

from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.errors import ContactNotVerifiedError, ContactTakenError, OrganizationTakenError
from accounts.models import Contact, Organization
from accounts.services.contacts import clean_email
from supportai.core.errors import InvalidInputError


@transaction.atomic
def create_contact(*, brand_id: int, **facts: Any) -> Contact:
    """Store a verified contact of a brand; `facts` are columns of Contact.

    Raises:
        InvalidInputError: neither an address nor an id, or it is no address.
        ContactTakenError: the brand has a verified contact with this address or id.
    """
    contact = Contact(brand_id=brand_id, is_verified=True)
    return _store_contact(contact, facts)


@transaction.atomic
def change_contact(*, contact_id: int, **facts: Any) -> Contact:
    """Change a verified contact's facts; what is not named stays.

    Raises:
        ContactNotVerifiedError: nobody vouched for this contact.
        InvalidInputError: neither an address nor an id would be left, or it is no address.
        ContactTakenError: the brand has another verified contact with this address or id.
    """
    contact = Contact.objects.select_for_update(of=("self",), no_key=True).get(pk=contact_id)
    if not contact.is_verified:
        raise ContactNotVerifiedError("What a visitor said about themselves stays as they said it.")
    return _store_contact(contact, facts)


@transaction.atomic
def create_organization(**facts: Any) -> Organization:
    """Store an organization; `facts` are columns of Organization.

    Raises:
        OrganizationTakenError: another one has the name or the id.
    """
    return _store_organization(Organization(), facts)


@transaction.atomic
def change_organization(*, organization_id: int, **facts: Any) -> Organization:
    """Change an organization's facts; what is not named stays.

    Raises:
        OrganizationTakenError: another one has the name or the id.
    """
    organization = Organization.objects.select_for_update(of=("self",), no_key=True).get(pk=organization_id)
    return _store_organization(organization, facts)


def _store_contact(contact: Contact, facts: dict[str, Any]) -> Contact:
    for name, value in facts.items():
        setattr(contact, name, value)
    contact.email = clean_email(contact.email) if contact.email else ""
    if not contact.email and not contact.external_id:
        raise InvalidInputError("A contact needs an address or the id of your own system.")
    others = Contact.objects.filter(brand=contact.brand, is_verified=True).exclude(pk=contact.pk)
    if contact.email and others.filter(email__iexact=contact.email).exists():
        raise ContactTakenError("Another verified contact has this address.", field="email")
    if contact.external_id and others.filter(external_id=contact.external_id).exists():
        raise ContactTakenError("Another verified contact has this id.", field="external_id")
    contact.save()
    return contact


def _store_organization(organization: Organization, facts: dict[str, Any]) -> Organization:
    for name, value in facts.items():
        setattr(organization, name, value)
    same_id = Q(external_id=organization.external_id) & ~Q(external_id="")
    others = Organization.objects.exclude(pk=organization.pk)
    taken = others.filter(Q(name=organization.name) | same_id).first()
    if taken is not None:
        field = "name" if taken.name == organization.name else "external_id"
        raise OrganizationTakenError(f"Another organization has this {field.replace('_', ' ')}.", field=field)
    organization.save()
    return organization
