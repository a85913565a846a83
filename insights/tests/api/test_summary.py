"""GET /api/v1/insights/summary/: the dashboard's figures for other systems."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.services.staff import ensure_roles
from accounts.tests.factories import ApiTokenFactory, TeamFactory, UserFactory
from insights.rules import VERSION
from insights.tests.factories import ago, ended, opened, returned
from tickets.tests.factories import CsatFactory, HandoffFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/insights/summary/"


def client_of(role: str, scopes: list[str] | None = None) -> APIClient:
    ensure_roles()
    ApiTokenFactory(secret="sai_figures", user=UserFactory(role=role), **({"scopes": scopes} if scopes else {}))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer sai_figures")
    return client


@pytest.fixture
def api() -> APIClient:
    return client_of("lead")


def test_the_figures_are_those_of_the_dashboard(api):
    ended(ago(days=1), "verified")
    ticket = ended(ago(days=2), "people")
    HandoffFactory(ticket=ticket, reason="policy", created_at=ago(days=2), state="closed")
    CsatFactory(ticket=ticket, about="person", score=4, created_at=ago(hours=1))
    returned(ended(ago(days=3), "assumed"), after=timedelta(hours=1))
    body = api.get(ADDRESS, {"from": "2026-03-12", "to": "2026-03-18"}).json()
    now = body["now"]
    assert (body["rule_version"], now["tickets"], now["automation"]["count"]) == (VERSION, 3, 1)
    assert now["endings"] == {"verified": 1, "confirmed": 0, "assumed": 0, "people": 1, "abandoned": 0, "open": 1}
    assert (now["reversed_endings"], now["handoffs"]) == ({"assumed": 1}, {"policy": 1})
    assert now["ai_agent"]["came_back"] == pytest.approx(
        {"count": 1, "total": 2, "value": 0.5, "low": 0.0945, "high": 0.9055}, abs=1e-3
    )
    assert now["person"]["resolution"] == {"count": 1, "median_seconds": 3600, "p90_seconds": 3600}
    assert now["person"]["mean_score"] == 4.0
    assert (len(body["days"]), body["days"][-2]["day"], body["days"][-2]["automated"]) == (7, "2026-03-17", 1)
    assert body["backlog"]["total"] == 1


def test_the_period_and_the_one_before_are_told(api):
    body = api.get(ADDRESS, {"from": "2026-02-01", "to": "2026-02-28"}).json()
    assert body["period"] == {
        "first": "2026-02-01", "last": "2026-02-28", "end": "2026-03-01T00:00:00Z", "zone": "UTC"
    }  # fmt: skip
    assert (body["period_before"]["first"], body["period_before"]["last"]) == ("2026-01-04", "2026-01-31")


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2026-03-12", "2026-03-18"),
        ({"to": "2026-03-10"}, "2026-03-04", "2026-03-10"),
        ({"from": "2026-03-10"}, "2026-03-10", "2026-03-18"),
    ],
)
def test_days_that_are_left_out_are_filled_in(api, query, first, last):
    period = api.get(ADDRESS, query).json()["period"]
    assert (period["first"], period["last"]) == (first, last)


def test_shares_of_nothing_are_null(api):
    share = api.get(ADDRESS).json()["now"]["automation"]
    assert share == {"count": 0, "total": 0, "value": None, "low": None, "high": None}


def test_figures_can_be_of_one_team_and_channel(api):
    billing = TeamFactory(slug="billing")
    opened(ago(days=1), team=billing, channel="email")
    opened(ago(days=1), team=billing)
    assert api.get(ADDRESS, {"team": "billing"}).json()["now"]["tickets"] == 2
    assert api.get(ADDRESS, {"team": "billing", "channel": "email"}).json()["now"]["tickets"] == 1


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"from": "monday"}, "from", "format"),
        ({"to": "2026-02-30"}, "to", "format"),
        ({"channel": "pigeon"}, "channel", "not a valid choice"),
        ({"unknown": "1"}, "unknown", "no such"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "from", "ends before it begins"),
        ({"from": "2020-01-01", "to": "2026-03-01"}, "from", "at most 366 days"),
        ({"to": "2030-01-01"}, "from", "in the future"),
        ({"to": "0001-01-01"}, "from", "ends before it begins"),
        ({"from": "9999-12-31"}, "from", "ends before it begins"),
    ],
)
def test_bad_dates_are_a_problem_in_json_that_names_the_field(api, query, field, words):
    response = api.get(ADDRESS, query)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert words in str(response.json()["errors"][field])


@pytest.mark.parametrize(("role", "status"), [("agent", 403), ("lead", 200), ("ai_oversight", 200)])
def test_the_tokens_user_needs_the_right(role, status):
    assert client_of(role).get(ADDRESS).status_code == status


def test_the_token_needs_the_scope_read():
    assert client_of("lead", ["write"]).get(ADDRESS).status_code == 403
    assert APIClient().get(ADDRESS).status_code == 401


def test_the_description_of_the_api_has_it(tmp_path):
    path = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(path), validate=True)
    text = path.read_text()
    assert "/api/v1/insights/summary/" in text
    assert "median_seconds" in text
