"""Every page of the admin renders, for whom it should, under the admin's content security policy."""

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import UserFactory
from supportai.navigation import sidebar

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


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


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_everything_that_can_be_edited_explains_itself(rf, model):
    """Each field that a person fills in has a label, and free-form ones a help text or a telling name."""
    page = admin.site._registry[model]
    request = rf.get("/")
    request.user = UserFactory(role="admin")
    if not page.has_add_permission(request):
        pytest.skip("nobody adds these by hand")
    form = page.get_form(request)()
    assert all(str(field.label or name) for name, field in form.fields.items())


def test_the_dashboard_groups_what_people_come_for(staff_client):
    html = staff_client.get("/admin/").content.decode()
    assert all(group in html for group in ("AI agent", "Customers", "Staff", "Platform"))


def test_every_page_is_in_the_sidebar_once_and_opens(staff_client, rf):
    request = rf.get("/admin/")
    request.user = UserFactory(role="admin")
    links = [item["link"] for group in sidebar(request) for item in group["items"]]
    assert sorted(links) == sorted(address(model, "changelist") for model in MODELS)
    for link in links:
        assert staff_client.get(link, follow=True).status_code == 200, link


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
