"""The page behind the link in a password mail."""

import re
from datetime import timedelta

import pytest
from django.core import mail

from integrations.connectors.sandbox import reset_links
from integrations.tests.factories import SandboxAccountFactory

pytestmark = pytest.mark.django_db


def path_of(link: str) -> str:
    return link[link.index("/demo/") :]


def test_the_link_in_the_mail_opens_the_page_of_that_account(shop, client):
    SandboxAccountFactory(id="acc_7")
    shop.run("accounts.send_password_reset", {"account_id": "acc_7"})
    found = re.search(r"http\S+", mail.outbox[0].body)
    assert found
    page = client.get(path_of(found[0]))
    assert page.status_code == 200
    assert "acc_7" in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("token", ["", "nonsense", "eyJhIjoxfQ:1:x", '"><script>alert(1)</script>'])
def test_a_link_that_nobody_made_shows_nothing(client, token):
    page = client.get("/demo/reset", {"token": token})
    assert page.status_code == 410
    assert "not complete" in page.content.decode()
    assert "<script>alert" not in page.content.decode()


def test_a_link_that_was_changed_shows_nothing(client):
    link = path_of(reset_links.reset_link("acc_1"))
    assert client.get(link).status_code == 200
    assert client.get(f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}").status_code == 410


def test_an_old_link_says_so(client, monkeypatch):
    link = path_of(reset_links.reset_link("acc_1"))
    monkeypatch.setattr(reset_links, "VALID_FOR", timedelta(seconds=-1))
    page = client.get(link)
    assert page.status_code == 410
    assert "too old" in page.content.decode()


def test_the_page_takes_no_input(client):
    assert client.post("/demo/reset", {"token": "x"}).status_code == 405
