"""The admin's page of model providers."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.services.staff import ensure_roles
from accounts.tests.factories import UserFactory
from integrations.models import ModelProvider
from integrations.tests.factories import ModelProviderFactory
from supportai.core import clock
from supportai.tests.model_server import ModelReply, ModelServer

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/modelprovider/"
FORM = {
    "name": "House model",
    "kind": "openai_compatible",
    "model": "scripted-1",
    "base_url": "http://127.0.0.1:9/v1",
    "api_key": "sk-first",
    "position": "0",
    "is_enabled": "on",
    "timeout_seconds": "20",
    "max_output_tokens": "500",
    "input_price": "0.5",
    "output_price": "1.5",
}


def page_of(role: str) -> Client:
    ensure_roles()
    client = Client()
    client.force_login(UserFactory(role=role))
    return client


@pytest.fixture
def page() -> Client:
    return page_of("admin")


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(lambda _request: ModelReply("", [("report_ready", {"word": "ready"})])) as running:
        yield running


def change(row: Any) -> str:
    return f"{LIST}{row.pk}/change/"


def test_one_is_added_without_python(page):
    assert page.post(f"{LIST}add/", FORM).status_code == 302
    row = ModelProvider.objects.get()
    assert (row.kind, row.api_key, row.timeout_seconds, row.is_enabled) == ("openai_compatible", "sk-first", 20, True)


def test_a_mistake_is_said_beside_its_field(page):
    response = page.post(f"{LIST}add/", {**FORM, "base_url": "ftp://models.example"})
    assert response.status_code == 200
    assert "Begin with http:// or https://" in response.content.decode()
    assert not ModelProvider.objects.exists()


def test_the_key_is_never_shown_and_stays_when_left_empty(page):
    page.post(f"{LIST}add/", FORM)
    row = ModelProvider.objects.get()
    for address in (change(row), LIST, f"{LIST}{row.pk}/history/"):
        assert "sk-first" not in page.get(address).content.decode()
    page.post(change(row), {**FORM, "api_key": "", "name": "Renamed"})
    row.refresh_from_db()
    assert (row.name, row.api_key) == ("Renamed", "sk-first")


@pytest.mark.parametrize(
    "changes", [{"base_url": "http://elsewhere.example/v1"}, {"kind": "ollama"}, {"kind": "openai", "base_url": ""}]
)
def test_a_stored_key_is_not_sent_elsewhere(page, changes):
    page.post(f"{LIST}add/", FORM)
    row = ModelProvider.objects.get()
    response = page.post(change(row), {**FORM, "api_key": "", **changes})
    assert "enter the key again" in response.content.decode()
    row.refresh_from_db()
    assert (row.kind, row.base_url) == ("openai_compatible", "http://127.0.0.1:9/v1")
    assert page.post(change(row), {**FORM, "api_key": "sk-second", **changes}).status_code == 302
    row.refresh_from_db()
    assert row.api_key == "sk-second"


def test_a_slash_at_the_end_is_no_other_address(page):
    page.post(f"{LIST}add/", FORM)
    row = ModelProvider.objects.get()
    assert page.post(change(row), {**FORM, "api_key": "", "base_url": f"{row.base_url}/"}).status_code == 302


def test_its_history_tells_who_changed_it(page):
    page.post(f"{LIST}add/", FORM)
    row = ModelProvider.objects.get()
    page.post(change(row), {**FORM, "api_key": "", "is_enabled": ""})
    newest = row.history.first()
    assert newest.is_enabled is False
    assert newest.history_user is not None
    assert row.history.count() == 2


def test_the_list_tells_how_each_does(page):
    now = clock.now()
    ModelProviderFactory(name="Good", last_success_at=now)
    ModelProviderFactory(name="Bad", last_failure_at=now, last_failure="It does not accept the key.")
    ModelProviderFactory(name="New")
    ModelProviderFactory(name="Off", is_enabled=False)
    html = page.get(LIST).content.decode()
    for word in ("Works", "Failed last time", "Not asked yet", "Switched off"):
        assert word in html


def test_the_last_failure_stands_on_the_page(page):
    row = ModelProviderFactory(last_failure_at=clock.now(), last_failure="It does not accept the key. (401)")
    assert "It does not accept the key. (401)" in page.get(change(row)).content.decode()


def test_their_order_is_changed_in_the_list(page):
    first, second = ModelProviderFactory(position=0), ModelProviderFactory(position=1)
    data = {
        "form-TOTAL_FORMS": 2,
        "form-INITIAL_FORMS": 2,
        "form-0-id": first.pk,
        "form-0-position": 5,
        "form-1-id": second.pk,
        "form-1-position": 1,
        "_save": "Save",
    }
    assert page.post(LIST, data).status_code == 302
    assert list(ModelProvider.objects.all()) == [second, first]


def test_the_list_takes_the_same_queries_for_many(page, django_assert_max_num_queries):
    for _ in range(12):
        ModelProviderFactory()
    page.get(LIST)
    with django_assert_max_num_queries(12):
        page.get(LIST)


def test_a_test_asks_the_model_and_shows_what_came(page, server):
    row = ModelProviderFactory(name="House model", base_url=server.openai_url)
    address = f"{LIST}{row.pk}/try-connection/"
    assert page.get(address).status_code == 200
    response = page.post(address, {"_form_submitted": "True"})
    html = page.get(response["Location"]).content.decode()
    assert "answers and calls tools" in html
    assert len(server.requests) == 1


def test_a_test_that_fails_says_why(page, server):
    server.fault = "refused"
    row = ModelProviderFactory(base_url=server.openai_url, api_key="sk-never-shown-0123456789")
    response = page.post(f"{LIST}{row.pk}/try-connection/", {"_form_submitted": "True"})
    html = page.get(response["Location"]).content.decode()
    assert "It does not accept the key" in html
    assert "never-shown" not in html


@pytest.mark.parametrize("role", ["agent", "lead", "ai_oversight"])
def test_only_admins_change_or_test_them(role, server):
    row = ModelProviderFactory(base_url=server.openai_url, api_key="sk-never-shown-0123456789")
    client = page_of(role)
    client.post(change(row), {**FORM, "name": "Mine now"})
    client.post(f"{LIST}{row.pk}/try-connection/", {"_form_submitted": "True"})
    assert client.post(f"{LIST}add/", FORM).status_code in {302, 403}
    assert "never-shown" not in client.get(change(row)).content.decode()
    assert server.requests == []
    assert list(ModelProvider.objects.values_list("name", flat=True)) == [row.name]


def test_it_has_a_place_in_the_sidebar(page):
    assert LIST in page.get("/admin/").content.decode()
