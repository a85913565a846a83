"""Who sits in front of a widget."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest

from accounts import widget
from accounts.errors import IdentityRequiredError, IdentityTokenError, SessionExpiredError
from accounts.models import Brand, Contact, IdentityLevel, Organization
from accounts.services.brands import drop_previous_key, rotate_signing_key
from accounts.services.contacts import claim_email
from accounts.tests.factories import BrandFactory, ContactFactory, OrganizationFactory, VisitorFactory
from supportai.core import clock

pytestmark = pytest.mark.django_db


def signed(brand: Brand, *, key: str | None = None, lasts: timedelta = timedelta(hours=1), **claims: Any) -> str:
    payload = {"sub": "u-1", "aud": brand.slug, "exp": int((clock.now() + lasts).timestamp()), **claims}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key or brand.signing_key, algorithm="HS256")


@pytest.fixture
def brand():
    return BrandFactory(slug="fernway")


class TestVerifyIdentity:
    def test_reads_every_claim(self, brand):
        token = signed(
            brand,
            email="Ana@Northwind.example",
            name="Ana Ruiz",
            organization={"id": "org-7", "name": "Northwind", "plan": "pro"},
            roles=["admin", "billing"],
            locale="es",
        )
        identity = widget.verify_identity(brand, token)
        assert identity == widget.SignedIdentity(
            external_id="u-1",
            email="ana@northwind.example",
            name="Ana Ruiz",
            organization="Northwind",
            organization_id="org-7",
            plan="pro",
            roles=("admin", "billing"),
            locale="es",
        )

    def test_an_organization_may_be_a_plain_name_and_a_role_a_plain_text(self, brand):
        identity = widget.verify_identity(brand, signed(brand, organization="Northwind", plan="pro", roles="admin"))
        assert (identity.organization, identity.plan, identity.roles) == ("Northwind", "pro", ("admin",))

    def test_claims_of_a_wrong_type_are_dropped(self, brand):
        identity = widget.verify_identity(brand, signed(brand, name=7, organization=["x"], roles={"a": 1}, plan=None))
        assert (identity.name, identity.organization, identity.roles, identity.plan) == ("", "", (), "")

    def test_an_unverified_address_is_not_used(self, brand):
        identity = widget.verify_identity(brand, signed(brand, email="ana@northwind.example", email_verified=False))
        assert identity.email == ""

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": "other-brand"},
            {"aud": None},
            {"exp": None},
            {"sub": None},
            {"sub": "  "},
            {"sub": 17},
            {"sub": "x" * 201},
            {"exp": "tomorrow"},
            {"exp": True},
            {"email": "not an address"},
        ],
        ids=str,
    )
    def test_refuses_missing_and_malformed_claims(self, brand, claims):
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, signed(brand, **claims))

    def test_refuses_another_brands_token(self, brand):
        other = BrandFactory(slug="other")
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, signed(other))

    @pytest.mark.parametrize("lasts", [timedelta(minutes=-2), timedelta(hours=25), timedelta(days=400)])
    def test_refuses_expired_and_long_lived_tokens(self, brand, lasts):
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, signed(brand, lasts=lasts))

    def test_refuses_a_token_that_is_not_valid_yet(self, brand):
        later = int((clock.now() + timedelta(minutes=10)).timestamp())
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, signed(brand, nbf=later))

    def test_a_token_expires_by_our_clock(self, brand):
        token = signed(brand, lasts=timedelta(hours=2))
        assert widget.verify_identity(brand, token).external_id == "u-1"
        with clock.moved(timedelta(hours=3)), pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, token)

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 10_000, "…", "eyJ.eyJ."])
    def test_refuses_what_is_no_token(self, brand, token):
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, token)

    def test_refuses_an_unsigned_token(self, brand):
        def part(value: dict[str, Any]) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        exp = int((clock.now() + timedelta(hours=1)).timestamp())
        token = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'sub': 'u-1', 'aud': brand.slug, 'exp': exp})}."
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, token)

    def test_refuses_another_algorithm_with_the_right_key(self, brand):
        exp = int((clock.now() + timedelta(hours=1)).timestamp())
        token = jwt.encode({"sub": "u-1", "aud": brand.slug, "exp": exp}, brand.signing_key * 2, algorithm="HS512")
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, token)

    def test_refuses_a_forged_signature(self, brand):
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, signed(brand, key="k" * 43))

    def test_two_keys_live_while_a_brand_rotates(self, brand):
        old_token = signed(brand)
        brand = rotate_signing_key(brand_id=brand.pk)
        assert widget.verify_identity(brand, old_token).external_id == "u-1"
        assert widget.verify_identity(brand, signed(brand)).external_id == "u-1"
        brand = drop_previous_key(brand_id=brand.pk)
        with pytest.raises(IdentityTokenError):
            widget.verify_identity(brand, old_token)


class TestSignedSession:
    def test_creates_the_verified_contact_with_its_facts(self, brand):
        token = signed(brand, email="ana@northwind.example", name="Ana Ruiz", organization="Northwind", plan="pro")
        session = widget.open_session(brand, token)
        contact = Contact.objects.get()
        assert session.contact == contact
        assert session.level == IdentityLevel.SIGNED
        assert (contact.is_verified, contact.external_id, contact.email) == (True, "u-1", "ana@northwind.example")
        assert contact.organization == Organization.objects.get(name="Northwind", plan="pro")
        assert contact.current_plan == "pro"

    def test_the_same_identity_is_the_same_contact_with_new_facts(self, brand):
        first = widget.open_session(brand, signed(brand, name="Ana", organization="Northwind", plan="pro")).contact
        again = widget.open_session(brand, signed(brand, name="Ana Ruiz", organization="Northwind", plan="business"))
        assert again.contact.pk == first.pk
        assert (again.contact.name, again.contact.current_plan) == ("Ana Ruiz", "business")

    def test_an_unknown_plan_keeps_the_stored_one(self, brand):
        widget.open_session(brand, signed(brand, plan="pro"))
        assert widget.open_session(brand, signed(brand, plan="platinum")).contact.plan == "pro"

    def test_finds_a_contact_that_was_verified_by_address(self, brand):
        known = ContactFactory(email="ana@northwind.example", external_id="", brand=brand)
        session = widget.open_session(brand, signed(brand, email="Ana@northwind.example"))
        assert session.contact.pk == known.pk
        assert session.contact.external_id == "u-1"

    def test_another_account_with_the_same_address_does_not_take_it_over(self, brand):
        owner = ContactFactory(email="ana@northwind.example", external_id="u-99", brand=brand)
        session = widget.open_session(brand, signed(brand, email="ana@northwind.example"))
        assert session.contact.pk != owner.pk
        assert session.contact.email == ""
        owner.refresh_from_db()
        assert (owner.external_id, owner.email) == ("u-99", "ana@northwind.example")

    def test_a_changed_address_follows_unless_it_is_taken(self, brand):
        ContactFactory(email="taken@northwind.example", external_id="u-2", brand=brand)
        contact = widget.open_session(brand, signed(brand, email="ana@northwind.example")).contact
        widget.open_session(brand, signed(brand, email="ana.ruiz@northwind.example"))
        contact.refresh_from_db()
        assert contact.email == "ana.ruiz@northwind.example"
        widget.open_session(brand, signed(brand, email="taken@northwind.example"))
        contact.refresh_from_db()
        assert contact.email == "ana.ruiz@northwind.example"

    def test_a_visitor_who_claimed_the_address_is_left_alone(self, brand):
        visitor = VisitorFactory(brand=brand, email="ana@northwind.example")
        session = widget.open_session(brand, signed(brand, email="ana@northwind.example"))
        assert session.contact.pk != visitor.pk
        visitor.refresh_from_db()
        assert visitor.is_verified is False

    def test_an_organization_is_found_by_its_id_and_renamed(self, brand):
        known = OrganizationFactory(name="Northwind", external_id="org-7", plan="pro")
        widget.open_session(brand, signed(brand, organization={"id": "org-7", "name": "Northwind Ltd"}))
        known.refresh_from_db()
        assert (known.name, known.plan) == ("Northwind Ltd", "pro")

    @pytest.mark.parametrize("claim", [{"id": "org_evil", "name": "Northwind"}, {"name": "Northwind"}, "Northwind"])
    def test_a_customer_who_calls_the_company_like_another_one_stays_outside(self, brand, claim):
        real = OrganizationFactory(name="Northwind", external_id="org_real")
        token = signed(brand, sub="u-9", organization=claim, roles=["admin"])
        contact = widget.open_session(brand, token).contact
        assert contact.organization != real
        assert contact.organization.name != "Northwind"

    def test_another_brands_server_says_nothing_about_this_brands_customers(self, brand):
        ana = widget.open_session(brand, signed(brand, sub="42", email="ana@northwind.example", name="Ana")).contact
        other = BrandFactory(slug="other")
        session = widget.open_session(other, signed(other, sub="42", email="ana@northwind.example", name="Eve"))
        assert session.contact.pk != ana.pk
        assert (session.contact.brand, session.contact.external_id) == (other, "42")
        ana.refresh_from_db()
        assert (ana.name, ana.brand) == ("Ana", brand)

    def test_each_brand_finds_its_own_contact_again(self, brand):
        other = BrandFactory(slug="other")
        here, there = (widget.open_session(b, signed(b, email="ana@northwind.example")) for b in (brand, other))
        assert widget.open_session(brand, signed(brand)).contact == here.contact
        assert widget.open_session(other, signed(other)).contact == there.contact

    def test_a_session_with_another_brands_contact_is_over(self, brand):
        session = widget.open_session(brand, signed(brand))
        Contact.objects.filter(pk=session.contact.pk).update(brand=BrandFactory(slug="other"))
        with pytest.raises(SessionExpiredError):
            widget.read_session(session.token)

    def test_a_signed_session_ends_after_a_day(self, brand):
        session = widget.open_session(brand, signed(brand))
        assert widget.read_session(session.token).level == IdentityLevel.SIGNED
        with clock.moved(timedelta(hours=25)), pytest.raises(SessionExpiredError):
            widget.read_session(session.token)

    def test_a_bad_identity_never_falls_back_to_a_visitor(self, brand):
        with pytest.raises(IdentityTokenError):
            widget.open_session(brand, "forged")
        assert not Contact.objects.exists()


class TestVisitorSession:
    def test_a_visitor_is_a_new_unverified_contact(self, brand):
        session = widget.open_session(brand)
        assert session.level == IdentityLevel.ANONYMOUS
        assert (session.contact.is_verified, session.contact.email) == (False, "")

    def test_a_visitor_comes_back_with_the_old_session(self, brand):
        first = widget.open_session(brand)
        again = widget.open_session(brand, None, first.token)
        assert again.contact.pk == first.contact.pk
        assert Contact.objects.count() == 1

    def test_after_a_month_a_visitor_is_somebody_new(self, brand):
        first = widget.open_session(brand)
        with clock.moved(timedelta(days=31)):
            assert widget.open_session(brand, None, first.token).contact.pk != first.contact.pk

    def test_a_claimed_address_raises_the_level_at_once(self, brand):
        session = widget.open_session(brand)
        claim_email(contact_id=session.contact.pk, email="ana@northwind.example")
        assert widget.read_session(session.token).level == IdentityLevel.CLAIMED

    def test_after_signing_out_the_next_person_starts_anew(self, brand):
        signed_in = widget.open_session(brand, signed(brand))
        next_person = widget.open_session(brand, None, signed_in.token)
        assert next_person.contact.pk != signed_in.contact.pk
        assert next_person.level == IdentityLevel.ANONYMOUS

    def test_another_login_in_the_same_browser_is_another_contact(self, brand):
        ana = widget.open_session(brand, signed(brand, sub="ana"))
        bo = widget.open_session(brand, signed(brand, sub="bo"), ana.token)
        assert bo.contact.pk != ana.contact.pk

    def test_a_visitor_who_signs_in_keeps_two_histories(self, brand):
        visitor = widget.open_session(brand)
        session = widget.open_session(brand, signed(brand), visitor.token)
        assert session.contact.pk != visitor.contact.pk

    def test_another_brands_session_is_not_continued(self, brand):
        elsewhere = widget.open_session(BrandFactory(slug="other"))
        assert widget.open_session(brand, None, elsewhere.token).contact.pk != elsewhere.contact.pk

    def test_a_brand_may_refuse_visitors(self, brand):
        session = widget.open_session(brand)
        brand.identity_required = True
        brand.save()
        with pytest.raises(IdentityRequiredError):
            widget.open_session(brand)
        with pytest.raises(SessionExpiredError):
            widget.read_session(session.token)

    @pytest.mark.parametrize("token", ["", "x", "a:b:c", "x" * 20_000])
    def test_refuses_what_we_did_not_sign(self, token):
        with pytest.raises(SessionExpiredError):
            widget.read_session(token)

    def test_refuses_a_changed_session(self, brand):
        token = widget.open_session(brand).token
        with pytest.raises(SessionExpiredError):
            widget.read_session("A" + token[1:])

    def test_refuses_a_session_whose_contact_is_gone(self, brand):
        session = widget.open_session(brand)
        session.contact.delete()
        with pytest.raises(SessionExpiredError):
            widget.read_session(session.token)

    def test_a_visitors_session_of_a_contact_that_became_verified_is_over(self, brand):
        session = widget.open_session(brand)
        Contact.objects.filter(pk=session.contact.pk).update(is_verified=True)
        with pytest.raises(SessionExpiredError):
            widget.read_session(session.token)

    def test_reading_a_session_asks_twice(self, brand, django_assert_num_queries):
        token = widget.open_session(brand).token
        with django_assert_num_queries(2):
            widget.read_session(token)
