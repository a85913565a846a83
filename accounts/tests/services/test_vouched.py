"""What a trusted system says about customers is stored; what visitors said is left alone."""

import pytest

from accounts.errors import ContactNotVerifiedError, ContactTakenError, OrganizationTakenError
from accounts.models import Contact, Organization
from accounts.services import vouched
from accounts.tests.factories import BrandFactory, ContactFactory, OrganizationFactory, VisitorFactory
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db


class TestContacts:
    def test_a_contact_is_verified_and_its_address_lower_case(self):
        brand = BrandFactory()
        contact = vouched.create_contact(
            brand_id=brand.pk, email=" Ana@Northwind.example ", external_id="u1", roles=["admin"]
        )
        contact.refresh_from_db()
        assert (contact.is_verified, contact.brand, contact.email) == (True, brand, "ana@northwind.example")
        assert (contact.external_id, contact.roles) == ("u1", ["admin"])

    def test_an_address_or_an_id_is_needed(self):
        with pytest.raises(InvalidInputError):
            vouched.create_contact(brand_id=BrandFactory().pk, name="Ana")
        with pytest.raises(InvalidInputError):
            vouched.create_contact(brand_id=BrandFactory().pk, email="nonsense")
        assert not Contact.objects.exists()

    @pytest.mark.parametrize(
        ("facts", "field"), [({"email": "ANA@northwind.example"}, "email"), ({"external_id": "u1"}, "external_id")]
    )
    def test_a_second_owner_is_refused_in_one_brand_and_not_in_another(self, facts, field):
        ana = ContactFactory(email="ana@northwind.example", external_id="u1")
        with pytest.raises(ContactTakenError) as caught:
            vouched.create_contact(brand_id=ana.brand_id, **facts)
        assert caught.value.extra == {"field": field}
        assert vouched.create_contact(brand_id=BrandFactory().pk, **facts).pk != ana.pk

    def test_a_claim_takes_no_address_away_from_its_owner(self):
        visitor = VisitorFactory(email="ana@northwind.example")
        contact = vouched.create_contact(brand_id=visitor.brand_id, email="ana@northwind.example")
        assert contact.pk != visitor.pk

    def test_what_is_not_named_stays(self):
        ana = ContactFactory(name="Ana", email="ana@northwind.example", external_id="u1")
        vouched.change_contact(contact_id=ana.pk, name="Ana Ruiz")
        ana.refresh_from_db()
        assert (ana.name, ana.email, ana.external_id) == ("Ana Ruiz", "ana@northwind.example", "u1")

    def test_saying_the_same_again_is_no_conflict_with_oneself(self):
        ana = ContactFactory(email="ana@northwind.example", external_id="u1")
        vouched.change_contact(contact_id=ana.pk, email="ana@northwind.example", external_id="u1")

    def test_anothers_address_is_not_taken_over(self):
        ben = ContactFactory(email="ben@northwind.example")
        ana = ContactFactory(email="ana@northwind.example", brand=ben.brand)
        with pytest.raises(ContactTakenError):
            vouched.change_contact(contact_id=ana.pk, email="ben@northwind.example")
        ana.refresh_from_db()
        assert ana.email == "ana@northwind.example"

    def test_nothing_may_be_left_without_address_and_id(self):
        ana = ContactFactory(external_id="")
        with pytest.raises(InvalidInputError):
            vouched.change_contact(contact_id=ana.pk, email="")

    def test_visitors_are_nobodys_to_change(self):
        visitor = VisitorFactory(email="ana@northwind.example")
        with pytest.raises(ContactNotVerifiedError):
            vouched.change_contact(contact_id=visitor.pk, name="Somebody else")
        visitor.refresh_from_db()
        assert (visitor.name, visitor.is_verified) == ("", False)


class TestOrganizations:
    def test_facts_are_stored(self):
        made = vouched.create_organization(name="Northwind", external_id="org_7", plan="pro", mrr_cents=4900)
        made.refresh_from_db()
        assert (made.name, made.external_id, made.plan, made.mrr_cents) == ("Northwind", "org_7", "pro", 4900)

    @pytest.mark.parametrize(
        ("facts", "field"),
        [({"name": "Northwind"}, "name"), ({"name": "Other", "external_id": "org_7"}, "external_id")],
    )
    def test_names_and_ids_are_unique(self, facts, field):
        OrganizationFactory(name="Northwind", external_id="org_7")
        with pytest.raises(OrganizationTakenError) as caught:
            vouched.create_organization(**facts)
        assert caught.value.extra == {"field": field}
        assert Organization.objects.count() == 1

    def test_many_have_no_id(self):
        OrganizationFactory(external_id="")
        assert vouched.create_organization(name="Northwind").external_id == ""

    def test_what_is_not_named_stays(self):
        made = OrganizationFactory(name="Northwind", plan="pro", mrr_cents=4900)
        vouched.change_organization(organization_id=made.pk, plan="business")
        made.refresh_from_db()
        assert (made.name, made.plan, made.mrr_cents) == ("Northwind", "business", 4900)

    def test_a_name_of_another_is_refused(self):
        OrganizationFactory(name="Northwind")
        other = OrganizationFactory(name="Fabrikam")
        with pytest.raises(OrganizationTakenError):
            vouched.change_organization(organization_id=other.pk, name="Northwind")
