"""A page that refuses leads on: customers to the help center, staff to the inbox, and nobody to a second sign-in."""

import pytest
from django.test import Client

from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html"}
HELP, INBOX = "Go to the help center", "Go to the inbox"
# The help center's own pages lead to its home, in the reader's language.
SUBJECTS = '<a class="btn" href="/help/">All subjects</a>'


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory(role=role))
    return client


def test_a_customer_without_a_page_is_led_to_the_help_center(client):
    response = client.get("/help/nope/", headers=HTML)
    html = response.content.decode()
    assert response.status_code == 404
    assert SUBJECTS in html
    assert INBOX not in html


def test_staff_in_the_help_center_stay_there():
    html = signed_in("lead").get("/help/nope/", headers=HTML).content.decode()
    assert SUBJECTS in html
    assert INBOX not in html


def test_an_address_that_nobody_has_shows_customers_no_inbox(client):
    html = client.get("/nowhere/", headers=HTML).content.decode()
    assert HELP in html
    assert 'href="/"' not in html


def test_staff_without_a_page_are_led_to_the_inbox_too():
    html = signed_in("agent").get("/nowhere/", headers=HTML).content.decode()
    assert ">Inbox</a>" in html


@pytest.mark.parametrize("path", ["/admin/", "/admin/tickets/procedure/"])
def test_an_agent_is_told_who_can_open_the_admin_instead_of_a_second_sign_in(path):
    response = signed_in("agent").get(path, headers=HTML, follow=True)
    html = response.content.decode()
    assert response.status_code == 403
    assert "Ask an admin" in html
    assert INBOX in html
    assert 'type="password"' not in html


def test_an_admin_goes_straight_in_and_a_visitor_may_sign_in(client):
    assert signed_in("admin").get("/admin/login/")["Location"] == "/admin/"
    assert 'name="password"' in client.get("/admin/login/").content.decode()
