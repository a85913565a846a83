"""A filter narrows or is refused; it is never ignored."""

import pytest

from accounts.models import Organization
from accounts.tests.factories import ApiTokenFactory, ContactFactory, OrganizationFactory, VisitorFactory
from supportai.core import clock
from supportai.core.api.filtering import ListFilter, WholeNumberFilter

pytestmark = pytest.mark.django_db


class ByRevenue(ListFilter):
    revenue = WholeNumberFilter(field_name="mrr_cents")

    class Meta(ListFilter.Meta):
        model = Organization
        fields = ()


def found(query: dict) -> list[str] | None:
    """Give the names, or None where the filter refused."""
    filters = ByRevenue(query, queryset=Organization.objects.order_by("name"))
    return [row.name for row in filters.qs] if filters.is_valid() else None


def test_times_narrow_from_and_to():
    OrganizationFactory(name="old", created_at=clock.now().replace(year=2020))
    OrganizationFactory(name="new")
    assert found({"created_after": "2021-01-01T00:00:00Z"}) == ["new"]
    assert found({"created_before": "2021-01-01T00:00:00+02:00"}) == ["old"]
    assert found({"created_after": "2021-01-01"}) == ["new"]
    assert found({"updated_after": "2999-01-01T00:00:00Z"}) == []


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\x00", "1" * 400],
)
def test_a_time_outside_of_the_calendar_is_refused(text):
    assert found({"created_after": text}) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_the_ends_of_the_calendar_are_times(text):
    assert found({"created_after": text}) == []


def test_numbers_are_whole_and_fit_a_column():
    OrganizationFactory(name="a", mrr_cents=4900)
    assert found({"revenue": "4900"}) == ["a"]
    for text in ("-1", "1.5", "x", "9" * 30, "1e3", "NaN"):
        assert found({"revenue": text}) is None


@pytest.fixture
def get(client):
    ApiTokenFactory(secret="sai_good")

    def ask(address: str):
        return client.get(f"/api/v1/{address}", headers={"Authorization": "Bearer sai_good"})

    return ask


@pytest.mark.parametrize(("text", "expected"), [("true", "Ana"), ("false", "Visitor")])
def test_yes_and_no_narrow(get, text, expected):
    ContactFactory(name="Ana")
    VisitorFactory(name="Visitor")
    assert [row["name"] for row in get(f"contacts/?is_verified={text}").json()["results"]] == [expected]


@pytest.mark.parametrize(
    "query", ["is_verified=maybe", "is_verified=1", "verified=true", "page=2", "email=%00", "x%00=1"]
)
def test_what_a_list_does_not_know_is_refused(get, query):
    response = get(f"contacts/?{query}")
    assert response.status_code == 400
    assert len(response.json()["errors"]) == 1


def test_an_object_takes_no_parameters(get):
    contact = ContactFactory()
    assert get(f"contacts/{contact.public_id}/?email=x").status_code == 400
    assert get(f"contacts/{contact.public_id}/?limit=2").status_code == 400


def test_a_query_in_another_charset_is_read_as_utf_8(client):
    ApiTokenFactory(secret="sai_good")
    for charset in ("rot13", "base64", "utf-16", "latin-1"):
        response = client.get(
            "/api/v1/organizations/?name=%C3%A9",
            headers={"Authorization": "Bearer sai_good"},
            content_type=f"application/json; charset={charset}",
        )
        assert response.status_code == 200
