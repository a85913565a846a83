"""Contacts: claims stay claims."""

import pytest
from django.db import IntegrityError, transaction

from accounts.errors import ContactVerifiedError
from accounts.models import Contact
from accounts.services import contacts
from accounts.services.contacts import SignedIdentity
from accounts.tests.factories import BrandFactory, ContactFactory, VisitorFactory
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db


def test_a_visitors_claim_never_touches_the_verified_contact():
    owner = ContactFactory(email="ana@northwind.example", name="Ana Ruiz")
    visitor = VisitorFactory()
    claimed = contacts.claim_email(contact_id=visitor.pk, email=" Ana@Northwind.example ", name="Not Ana")
    assert (claimed.pk, claimed.email, claimed.is_verified) == (visitor.pk, "ana@northwind.example", False)
    owner.refresh_from_db()
    assert (owner.name, owner.is_verified) == ("Ana Ruiz", True)


def test_two_visitors_may_claim_the_same_address():
    for visitor in (VisitorFactory(), VisitorFactory()):
        contacts.claim_email(contact_id=visitor.pk, email="ana@northwind.example")
    assert Contact.objects.filter(email="ana@northwind.example").count() == 2


@pytest.mark.parametrize("email", ["", "ana", "ana@", "a b@c.example", "<script>@x.example", "a@b.example\n"])
def test_what_is_no_address_is_refused(email):
    if email.strip() == "a@b.example":
        assert contacts.clean_email(email) == "a@b.example"
        return
    with pytest.raises(InvalidInputError):
        contacts.claim_email(contact_id=VisitorFactory().pk, email=email)


def test_a_verified_contact_claims_nothing():
    with pytest.raises(ContactVerifiedError):
        contacts.claim_email(contact_id=ContactFactory().pk, email="other@x.example")


class TestContactForAddress:
    def test_a_trusted_system_reaches_the_owner(self):
        owner = ContactFactory(email="ana@northwind.example")
        found = contacts.contact_for_address(brand_id=owner.brand_id, email="ANA@northwind.example", is_vouched=True)
        assert found == owner

    def test_a_trusted_system_creates_a_verified_contact(self):
        made = contacts.contact_for_address(brand_id=BrandFactory().pk, email="new@x.example", is_vouched=True)
        assert made.is_verified

    def test_each_brand_has_an_owner_of_its_own(self):
        owner, other = ContactFactory(email="ana@northwind.example"), BrandFactory()
        made = contacts.contact_for_address(brand_id=other.pk, email="ana@northwind.example", is_vouched=True)
        assert (made != owner, made.brand, made.is_verified) == (True, other, True)
        assert contacts.contact_for_address(brand_id=other.pk, email="ana@northwind.example", is_vouched=True) == made

    def test_a_claim_is_kept_apart_from_the_owner(self):
        owner = ContactFactory(email="ana@northwind.example")
        claimant = contacts.contact_for_address(brand_id=owner.brand_id, email="ana@northwind.example")
        assert claimant != owner
        assert not claimant.is_verified

    def test_a_claim_is_kept_apart_from_who_sits_in_a_widget(self):
        visitor = contacts.create_visitor(brand_id=BrandFactory().pk)
        contacts.claim_email(contact_id=visitor.pk, email="ana@northwind.example")
        claimant = contacts.contact_for_address(brand_id=visitor.brand_id, email="ana@northwind.example")
        assert claimant != visitor

    def test_the_same_claim_again_is_the_same_claimant(self):
        brand = BrandFactory()
        first = contacts.contact_for_address(brand_id=brand.pk, email="ana@northwind.example", name="Ana")
        assert contacts.contact_for_address(brand_id=brand.pk, email="Ana@northwind.example") == first
        assert contacts.contact_for_address(brand_id=BrandFactory().pk, email="ana@northwind.example") != first


def test_two_tabs_that_sign_in_at_once_make_one_contact(monkeypatch):
    """The second tab's insert meets the first tab's row, as it would on a database without one writer."""
    brand = BrandFactory()
    identity = SignedIdentity(external_id="u-1", name="Ana")
    real = contacts._sign_in
    calls = []

    def late(brand_id, given):
        calls.append(given)
        if len(calls) == 1:
            real(brand_id, given)
            raise IntegrityError("verified_contact_owns_its_external_id_in_its_brand")
        return real(brand_id, given)

    monkeypatch.setattr(contacts, "_sign_in", late)
    contacts.sign_in_contact(brand_id=brand.pk, identity=identity)
    assert Contact.objects.filter(external_id="u-1").count() == 1


@pytest.mark.parametrize("fields", [{"email": "Ana@Northwind.example"}, {"email": "", "external_id": "u-1"}])
def test_a_brand_has_one_owner_of_an_address_and_of_an_id(fields):
    owner = ContactFactory(email="ana@northwind.example", external_id="u-1")
    ContactFactory(**{"external_id": "", **fields})
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactFactory(**{"external_id": "", **fields}, brand=owner.brand)


def test_a_verified_contact_has_a_brand():
    VisitorFactory(brand=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactFactory(brand=None)


def test_display_name_and_initials_fall_back():
    assert ContactFactory(name="Ana Ruiz").initials == "AR"
    assert ContactFactory(name="", email="ana@x.example").display_name == "ana@x.example"
    assert VisitorFactory().display_name.startswith("Visitor ")
