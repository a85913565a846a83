"""REST: contacts and organizations."""

import uuid

import pytest
from rest_framework.test import APIClient

from accounts.models import Contact
from accounts.tests.factories import (
    ApiTokenFactory,
    BrandFactory,
    ContactFactory,
    OrganizationFactory,
    UserFactory,
    VisitorFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> APIClient:
    ApiTokenFactory(secret="sai_good")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer sai_good")
    return client


def test_a_contact_shows_public_ids_only(api):
    contact = ContactFactory(name="Ana Ruiz", organization=OrganizationFactory(plan="business"))
    body = api.get(f"/api/v1/contacts/{contact.public_id}/").json()
    assert body["id"] == str(contact.public_id)
    assert body["organization"] == str(contact.organization.public_id)
    assert (body["plan"], body["brand"], body["is_verified"]) == ("business", contact.brand.slug, True)
    assert not any(type(value) is int for value in body.values())


def test_a_visitor_has_no_organization(api):
    visitor = VisitorFactory(brand=None)
    body = api.get(f"/api/v1/contacts/{visitor.public_id}/").json()
    assert (body["organization"], body["brand"], body["email"]) == (None, None, "")


def test_contacts_are_found_by_address_and_organization(api):
    ana = ContactFactory(email="ana@northwind.example")
    ContactFactory()
    by_email = api.get("/api/v1/contacts/", {"email": "ANA@northwind.example"}).json()["results"]
    by_org = api.get("/api/v1/contacts/", {"organization": ana.organization.public_id}).json()["results"]
    assert [row["id"] for row in by_email] == [row["id"] for row in by_org] == [str(ana.public_id)]


def test_organizations_are_found_by_part_of_the_name(api):
    OrganizationFactory(name="Northwind", plan="pro")
    OrganizationFactory(name="Fabrikam", plan="free")
    rows = api.get("/api/v1/organizations/", {"name": "north"}).json()["results"]
    assert [row["name"] for row in rows] == ["Northwind"]


def test_pages_follow_a_cursor_without_repeating(api):
    made = {str(ContactFactory().public_id) for _ in range(5)}
    page = api.get("/api/v1/contacts/", {"limit": 2}).json()
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert sorted(seen) == sorted(made)


def test_a_list_takes_the_same_queries_whatever_its_length(api, django_assert_num_queries):
    ContactFactory.create_batch(3)
    api.get("/api/v1/contacts/")
    with django_assert_num_queries(4):  # token, two for the right, contacts with their organization and brand
        api.get("/api/v1/contacts/")


def test_what_is_not_there_is_a_problem(api):
    response = api.get(f"/api/v1/contacts/{uuid.uuid4()}/")
    assert response.status_code == 404
    assert response.json()["status"] == 404
    assert api.get("/api/v1/contacts/17/").status_code == 404


def test_times_and_brands_narrow_contacts(api):
    ana = ContactFactory()
    ContactFactory()
    query = {"brand": ana.brand.slug, "created_before": "2999-01-01T00:00:00Z"}
    assert [row["id"] for row in api.get("/api/v1/contacts/", query).json()["results"]] == [str(ana.public_id)]


@pytest.fixture
def voucher() -> APIClient:
    ApiTokenFactory(secret="sai_vouch", scopes=["read", "write", "vouch"])
    return client("sai_vouch")


def client(secret: str) -> APIClient:
    made = APIClient()
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return made


class TestWritingContacts:
    def test_a_contact_is_added_with_its_organization(self, voucher):
        brand, organization = BrandFactory(), OrganizationFactory(plan="business")
        body = {
            "brand": brand.slug,
            "email": "Ana@northwind.example",
            "external_id": "u1",
            "organization": str(organization.public_id),
            "roles": ["admin"],
        }
        response = voucher.post("/api/v1/contacts/", body)
        assert response.status_code == 201, response.content
        shown = response.json()
        assert (shown["email"], shown["is_verified"], shown["brand"]) == ("ana@northwind.example", True, brand.slug)
        assert (shown["organization"], shown["plan"], shown["roles"]) == (
            str(organization.public_id),
            "business",
            ["admin"],
        )
        assert voucher.get(f"/api/v1/contacts/{shown['id']}/").json() == shown

    def test_the_same_key_adds_one(self, voucher):
        BrandFactory()
        sent = [voucher.post("/api/v1/contacts/", {"email": "a@b.example"}, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]
        assert sent[0].json() == sent[1].json()
        assert (sent[1].status_code, sent[1]["Idempotent-Replayed"]) == (201, "true")
        assert Contact.objects.count() == 1

    def test_a_second_owner_is_a_conflict(self, voucher):
        ana = ContactFactory()
        response = voucher.post("/api/v1/contacts/", {"brand": ana.brand.slug, "email": ana.email})
        assert (response.status_code, response.json()["code"]) == (409, "contact_taken")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"email": "nonsense"}, "email"),
            ({"email": "a@b.example", "plan": "gold"}, "plan"),
            ({"email": "a@b.example", "brand": "nowhere"}, "brand"),
            ({"email": "a@b.example", "organization": str(uuid.UUID(int=7))}, "organization"),
            ({"email": "a@b.example", "organization": 7}, "organization"),
            ({"email": "a@b.example", "is_verified": False}, "is_verified"),
            ({"email": "a@b.example", "roles": "admin"}, "roles"),
        ],
        ids=str,
    )
    def test_a_mistake_is_named_and_adds_nothing(self, voucher, body, field):
        BrandFactory()
        response = voucher.post("/api/v1/contacts/", body)
        assert response.status_code == 400
        assert set(response.json()["errors"]) == {field}
        assert not Contact.objects.exists()

    def test_a_change_leaves_the_rest(self, voucher):
        ana = ContactFactory(name="Ana")
        body = voucher.patch(f"/api/v1/contacts/{ana.public_id}/", {"organization": None, "locale": "es"}).json()
        assert (body["organization"], body["locale"], body["name"]) == (None, "es", "Ana")
        assert voucher.patch(f"/api/v1/contacts/{ana.public_id}/", {}).json()["locale"] == "es"

    def test_a_visitor_stays_as_they_are(self, voucher):
        response = voucher.patch(f"/api/v1/contacts/{VisitorFactory().public_id}/", {"email": "a@b.example"})
        assert (response.status_code, response.json()["code"]) == (409, "contact_not_verified")


class TestWritingOrganizations:
    def test_an_organization_is_added_and_changed(self, voucher):
        made = voucher.post("/api/v1/organizations/", {"name": "Northwind", "external_id": "org_7"})
        assert made.status_code == 201, made.content
        address = f"/api/v1/organizations/{made.json()['id']}/"
        changed = voucher.patch(address, {"plan": "business", "mrr_cents": 49900}).json()
        assert (changed["name"], changed["plan"], changed["mrr_cents"]) == ("Northwind", "business", 49900)

    def test_a_name_that_is_taken_is_a_conflict(self, voucher):
        OrganizationFactory(name="Northwind")
        response = voucher.post("/api/v1/organizations/", {"name": "Northwind"})
        assert (response.status_code, response.json()["code"]) == (409, "organization_taken")

    @pytest.mark.parametrize("cents", [-1, 2**63, 1.5, "many", None])
    def test_a_revenue_that_no_column_takes_is_refused(self, voucher, cents):
        response = voucher.post("/api/v1/organizations/", {"name": "Northwind", "mrr_cents": cents})
        assert set(response.json()["errors"]) == {"mrr_cents"}

    def test_the_largest_revenue_fits(self, voucher):
        body = {"name": "Northwind", "mrr_cents": 2**63 - 1}
        assert voucher.post("/api/v1/organizations/", body).json()["mrr_cents"] == 2**63 - 1


@pytest.mark.parametrize("resource", ["contacts", "organizations"])
@pytest.mark.parametrize(
    ("scopes", "role", "may"),
    [
        (["read", "write", "vouch"], "agent", True),
        (["read", "write", "vouch"], "admin", True),
        (["read", "write", "vouch"], "ai_oversight", False),
        (["read", "write"], "admin", False),
        (["vouch"], "admin", False),
        (["read", "vouch"], "admin", False),
    ],
    ids=str,
)
def test_writing_needs_a_token_that_may_vouch_of_somebody_who_may_answer(resource, scopes, role, may):
    BrandFactory()
    ApiTokenFactory(secret="sai_some", scopes=scopes, user=UserFactory(role=role))
    response = client("sai_some").post(f"/api/v1/{resource}/", {"name": "Northwind", "external_id": "x1"})
    assert response.status_code == (201 if may else 403), response.content


@pytest.mark.parametrize("method", ["put", "delete"])
def test_contacts_are_neither_replaced_nor_deleted(voucher, method):
    address = f"/api/v1/contacts/{ContactFactory().public_id}/"
    assert getattr(voucher, method)(address, {}).status_code == 405
