"""Every page of the admin renders, for whom it should, under the admin's content security policy."""

import importlib

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from factory.django import DjangoModelFactory

from accounts.tests.factories import UserFactory
from integrations.tests.factories import InstallationFactory
from supportai.core import events
from supportai.core.models import OutboxEvent
from supportai.core.secrets import SecretField
from supportai.navigation import SANDBOX, sidebar

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def factories() -> list[type[DjangoModelFactory]]:
    """Find one factory for each registered model that has any, in all apps."""
    found: dict[type[Model], type[DjangoModelFactory]] = {}
    for app in ("accounts", "tickets", "knowledge", "integrations"):
        try:
            module = importlib.import_module(f"{app}.tests.factories")
        except ModuleNotFoundError:
            continue
        for factory in vars(module).values():
            is_factory = isinstance(factory, type) and issubclass(factory, DjangoModelFactory)
            if is_factory and factory._meta.model in admin.site._registry:
                found.setdefault(factory._meta.model, factory)
    return list(found.values())


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def staff_client(client: Client) -> Client:
    client.force_login(UserFactory(role="admin"))
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_list_renders_empty_and_searched(staff_client, model):
    response = staff_client.get(address(model, "changelist"), follow=True)
    assert response.status_code == 200
    if admin.site._registry[model].search_fields:
        assert staff_client.get(address(model, "changelist"), {"q": "ana 7"}, follow=True).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_add_page_renders_or_is_refused(staff_client, rf, model):
    request = rf.get("/")
    request.user = UserFactory(role="admin")
    response = staff_client.get(address(model, "add"))
    assert response.status_code == (200 if admin.site._registry[model].has_add_permission(request) else 403)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_agents_and_strangers_are_kept_out(client, model):
    assert client.get(address(model, "changelist")).status_code == 302
    client.force_login(UserFactory(role="agent"))
    assert client.get(address(model, "changelist")).status_code == 302


@pytest.mark.parametrize("factory", factories(), ids=lambda factory: factory._meta.model._meta.label)
def test_a_row_s_page_renders(staff_client, factory):
    row = factory()
    response = staff_client.get(address(type(row), "change", row.pk))
    assert response.status_code == 200
    if hasattr(row, "history"):
        assert staff_client.get(address(type(row), "history", row.pk)).status_code == 200


def test_no_page_shows_a_stored_secret(staff_client):
    """Whatever model has a secret field, its page offers an empty box or nothing."""
    for factory in factories():
        secrets = [field.name for field in factory._meta.model._meta.fields if isinstance(field, SecretField)]
        if not secrets:
            continue
        row = factory(**dict.fromkeys(secrets, "very-secret-value"))
        html = staff_client.get(address(type(row), "change", row.pk)).content.decode()
        assert "very-secret-value" not in html


def test_the_dashboard_groups_what_people_come_for(staff_client):
    html = staff_client.get("/admin/").content.decode()
    assert all(group in html for group in ("AI agent", "Customers", "Staff", "Platform"))


def test_every_page_is_in_the_sidebar_once_and_opens(staff_client, rf):
    request = rf.get("/admin/")
    request.user = UserFactory(role="admin")
    InstallationFactory(kind="sandbox")
    links = [item["link"] for group in sidebar(request) for item in group["items"]]
    assert sorted(links) == sorted([*(address(model, "changelist") for model in MODELS), reverse("api-docs")])
    for link in links:
        assert staff_client.get(link, follow=True).status_code == 200, link


def test_the_sandbox_s_tables_are_listed_only_where_one_is_installed(rf):
    request = rf.get("/admin/")
    request.user = UserFactory(role="admin")
    assert SANDBOX not in {group["title"] for group in sidebar(request)}
    InstallationFactory(kind="sandbox")
    assert SANDBOX in {group["title"] for group in sidebar(request)}


def test_an_empty_list_says_what_its_rows_are_for(staff_client):
    empty = staff_client.get("/admin/integrations/modelprovider/").content.decode()
    assert "Without one, the AI agent decides with its local policy" in empty
    assert "Nothing matches" in staff_client.get("/admin/integrations/modelprovider/?q=nobody").content.decode()


def test_the_sidebar_offers_only_what_may_be_opened(rf):
    request = rf.get("/admin/")
    request.user = UserFactory(role="agent")
    assert sidebar(request) == []


def test_a_lead_sees_only_what_leads_configure(client):
    client.force_login(UserFactory(role="lead"))
    assert client.get("/admin/tickets/procedure/add/").status_code == 200
    assert client.get("/admin/accounts/user/add/").status_code == 403
    assert client.get("/admin/accounts/apitoken/add/").status_code == 403


def test_the_admin_has_its_own_policy_and_never_allows_inline_scripts(staff_client):
    policy = staff_client.get("/admin/")["Content-Security-Policy"]
    script = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    assert "'unsafe-inline'" not in script


class TestOutbox:
    """Events that are stuck are seen, and can be tried again."""

    @pytest.fixture
    def stuck(self, monkeypatch) -> OutboxEvent:
        name = "supportai.core.tests.events.SomethingHappened"
        monkeypatch.setitem(events._handlers, name, [lambda event: None])
        return OutboxEvent.objects.create(
            name=name, payload={"number": 1}, attempts=OutboxEvent.MAX_ATTEMPTS, last_error="ConnectionError: away"
        )

    def test_the_list_finds_what_is_stuck(self, staff_client, stuck):
        OutboxEvent.objects.create(name="tickets.events.RunQueued", dispatched_at=stuck.created_at)
        html = staff_client.get("/admin/supportai/outboxevent/", {"state": "stuck"}).content.decode()
        assert "ConnectionError: away" in html
        assert "RunQueued" not in html
        for state in ("waiting", "failing", "done", "nonsense"):
            assert staff_client.get("/admin/supportai/outboxevent/", {"state": state}).status_code == 200

    def test_one_that_is_stuck_is_tried_again(self, staff_client, stuck):
        data = {"action": "try_again", "_selected_action": [str(stuck.pk)], "_form_submitted": "True"}
        staff_client.post("/admin/supportai/outboxevent/", data)
        stuck.refresh_from_db()
        assert stuck.dispatched_at is not None

    def test_one_that_fails_again_says_so(self, staff_client, stuck, monkeypatch):
        monkeypatch.setitem(events._handlers, stuck.name, [lambda event: 1 / 0])
        data = {"action": "try_again", "_selected_action": [str(stuck.pk)], "_form_submitted": "True"}
        html = staff_client.post("/admin/supportai/outboxevent/", data, follow=True).content.decode()
        assert "1 failed again" in html
        stuck.refresh_from_db()
        assert (stuck.attempts, stuck.dispatched_at) == (1, None)

    def test_events_are_never_written_by_hand(self, staff_client, stuck):
        address = f"/admin/supportai/outboxevent/{stuck.pk}"
        assert staff_client.get(f"{address}/change/").status_code == 200
        assert staff_client.post(f"{address}/change/", {}).status_code == 403
        assert staff_client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
