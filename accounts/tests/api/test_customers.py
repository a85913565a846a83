"""REST: contacts and organizations."""

import uuid

import pytest
from rest_framework.test import APIClient

from accounts.tests.factories import ApiTokenFactory, ContactFactory, OrganizationFactory, VisitorFactory

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


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_here(api, method):
    contact = ContactFactory()
    assert getattr(api, method)(f"/api/v1/contacts/{contact.public_id}/", {}).status_code == 405
