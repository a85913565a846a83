"""Rights: who may do what."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission

from accounts import permissions
from accounts.models import User
from accounts.services.staff import ensure_roles
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SIMPLE = [
    permissions.can_see_inbox,
    permissions.can_reply,
    permissions.can_resolve,
    permissions.can_approve_suggestion,
    permissions.can_oversee_ai,
    permissions.can_see_insights,
    permissions.can_configure,
    permissions.can_manage_staff,
]
ALLOWED = {
    "agent": {"can_see_inbox", "can_reply", "can_resolve"},
    "lead": {
        "can_see_inbox",
        "can_reply",
        "can_resolve",
        "can_approve_suggestion",
        "can_oversee_ai",
        "can_see_insights",
        "can_configure",
    },
    "admin": {function.__name__ for function in SIMPLE},
    "ai_oversight": {"can_see_inbox", "can_approve_suggestion", "can_oversee_ai", "can_see_insights"},
}


@pytest.mark.parametrize("role", ALLOWED)
def test_each_role_may_do_its_own_things(role):
    user = UserFactory(role=role)
    assert {function.__name__ for function in SIMPLE if function(user)} == ALLOWED[role]


@pytest.mark.parametrize("function", SIMPLE, ids=lambda f: f.__name__)
def test_nobody_else_may_do_anything(function):
    assert not function(AnonymousUser())
    assert not function(UserFactory(role="admin", is_active=False))


def test_an_agent_approves_up_to_their_own_limit():
    agent = UserFactory(approval_limit_cents=5000)
    assert permissions.can_approve_action(agent)
    assert permissions.can_approve_action(agent, amount_cents=5000)
    assert not permissions.can_approve_action(agent, amount_cents=5001)


def test_a_critical_action_without_an_amount_is_inside_no_agents_limit():
    agent = UserFactory(approval_limit_cents=10**9)
    assert not permissions.can_approve_action(agent, risk="critical")
    assert permissions.can_approve_action(agent, risk="write")
    assert permissions.can_approve_action(agent, risk="critical", amount_cents=0)
    assert not permissions.can_approve_action(agent, risk="write", amount_cents=10**9 + 1)
    assert permissions.can_approve_action(UserFactory(role="lead"), risk="critical")
    assert permissions.can_approve_action(UserFactory(role="admin"), risk="critical")


def test_the_risk_is_named_as_integrations_name_it():
    from integrations.actions import Risk

    assert Risk.CRITICAL.value == permissions.CRITICAL


def test_leads_approve_any_amount_and_oversight_none():
    assert permissions.can_approve_action(UserFactory(role="lead", approval_limit_cents=0), amount_cents=10**9)
    assert not permissions.can_approve_action(UserFactory(role="ai_oversight"))
    assert not permissions.can_approve_action(AnonymousUser())


def test_a_superuser_may_do_everything():
    user = User.objects.create_superuser("root@fernway.example", "correct horse battery", name="Root")
    assert all(function(user) for function in SIMPLE)


def test_roles_are_made_by_the_migration_and_repaired():
    assert set(Group.objects.values_list("name", flat=True)) >= set(User.Role.values)
    agents = Group.objects.get(name="agent")
    agents.permissions.set(Permission.objects.filter(codename="manage_staff"))
    ensure_roles()
    assert not agents.permissions.filter(codename="manage_staff").exists()
    assert agents.permissions.filter(codename="reply").exists()


def test_bringing_roles_up_to_date_twice_writes_nothing(django_assert_max_num_queries):
    ensure_roles()
    with django_assert_max_num_queries(4 * 3 + 2):
        ensure_roles()


def test_leads_configure_the_product_but_not_who_works_here():
    lead = UserFactory(role="lead")
    assert lead.has_perms(["tickets.change_procedure", "tickets.add_intent", "accounts.change_team"])
    assert not lead.has_perm("accounts.change_user")
    assert not lead.has_perm("accounts.add_apitoken")
    assert not lead.has_perm("accounts.change_brand")


def test_oversight_reads_everything_and_changes_stages_only():
    olga = UserFactory(role="ai_oversight")
    assert olga.has_perms(["tickets.view_agentrun", "tickets.change_stage", "tickets.change_agentconfiguration"])
    assert not olga.has_perm("tickets.change_procedure")


def test_agents_have_no_admin_pages():
    agent = UserFactory()
    assert not any(agent.has_perm(f"tickets.{verb}_ticket") for verb in ("view", "add", "change", "delete"))
