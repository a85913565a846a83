import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.services.staff import ensure_roles
from accounts.tests.factories import UserFactory
from tickets.context_processors import bar_for, staff_bar
from tickets.models import AgentConfiguration, Stage
from tickets.tests.factories import IntentFactory, PersonTicketFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _roles(db):
    ensure_roles()


def test_strangers_get_an_empty_bar():
    assert bar_for(AnonymousUser()) == {}
    assert bar_for(None) == {}


def test_nothing_is_read_until_a_page_shows_the_bar(rf, django_assert_num_queries):
    request = rf.get("/admin/")
    request.user = UserFactory()
    with django_assert_num_queries(0):
        staff_bar(request)


def test_the_bar_counts_what_needs_this_person():
    PersonTicketFactory()
    PersonTicketFactory(assignee=UserFactory())
    assert bar_for(UserFactory())["needs"] == 1


def test_the_bar_tells_for_how_many_intents_the_agent_is_on():
    Stage.objects.create(intent=IntentFactory.create(), level=Stage.Level.OFF)
    IntentFactory()
    switch = bar_for(UserFactory())["switch"]
    assert (switch.is_on, switch.intents_on, switch.intents) == (True, 1, 2)


def test_the_bar_tells_that_the_agent_is_off(client):
    AgentConfiguration.objects.create(is_on=False)
    client.force_login(UserFactory())
    assert "off<span" in client.get("/").content.decode()


@pytest.mark.parametrize(("role", "can"), [("agent", False), ("lead", True), ("ai_oversight", True)])
def test_only_some_roles_may_switch(role, can):
    assert bar_for(UserFactory(role=role))["can_switch"] is can


def test_a_demo_offers_its_people_at_the_sign_in_page(client, settings):
    settings.DEMO = True
    UserFactory(email="ines@fernway.example", name="Ines Moreau", role="ai_oversight")
    html = client.get("/login/").content.decode()
    assert 'data-login-as="ines@fernway.example"' in html
    assert "AI oversight" in html


def test_no_other_installation_shows_who_works_there(client, settings):
    settings.DEMO = False
    UserFactory(email="ines@fernway.example")
    assert "ines@fernway.example" not in client.get("/login/").content.decode()


@pytest.mark.parametrize(("role", "can"), [("agent", False), ("lead", True), ("admin", True), ("ai_oversight", True)])
def test_only_some_roles_find_the_insights(client, role, can):
    user = UserFactory(role=role)
    client.force_login(user)
    html = client.get("/").content.decode()
    assert bar_for(user)["can_see_insights"] is can
    assert html.count('href="/insights/"') == (2 if can else 0)
