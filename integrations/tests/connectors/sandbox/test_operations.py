"""Orders, integrations, issues."""

import pytest

from integrations.models import ActionExecution, SandboxIntegration, SandboxIssue
from integrations.tests.conftest import refused
from integrations.tests.factories import SandboxAccountFactory, SandboxIntegrationFactory, SandboxOrderFactory
from supportai.core import clock

pytestmark = pytest.mark.django_db

State = ActionExecution.State
BOB = "bob@northwind.example"


def test_an_own_order_shows_where_it_is(shop):
    SandboxOrderFactory(id="ord_1", description="Two desks")
    found = shop.run("orders.get_order", {"order_id": "ord_1"}).result
    assert (found["id"], found["status"], found["tracking"], found["description"]) == (
        "ord_1", "shipped", "TR-1", "Two desks",
    )  # fmt: skip


@pytest.mark.parametrize("order_id", ["ord_1", "ord_404"])
def test_another_ones_order_shows_nothing(shop, order_id):
    SandboxOrderFactory(id="ord_1", contact=BOB)
    with refused("not_owner"):
        shop.run("orders.get_order", {"order_id": order_id})


@pytest.mark.parametrize(("role", "may"), [("member", True), ("viewer", False)])
def test_a_member_may_ask_about_the_organizations_integration(shop, role, may):
    SandboxAccountFactory(roles=[role])
    SandboxIntegrationFactory(id="int_1", contact="", organization="Northwind")
    if may:
        assert (
            shop.run("technical.get_integration", {"integration_id": "int_1"}).result["last_error"] == "token expired"
        )
    else:
        with refused("not_owner"):
            shop.run("technical.get_integration", {"integration_id": "int_1"})


def test_a_resync_starts_it_again(shop):
    SandboxIntegrationFactory(id="int_1")
    before = clock.now()
    done = shop.run("technical.resync_integration", {"integration_id": "int_1"})
    assert (done.result["integration_id"], done.result["status"]) == ("int_1", "active")
    row = SandboxIntegration.objects.get()
    assert (row.status, row.last_error) == ("active", "")
    assert row.last_sync >= before


def test_another_ones_integration_is_not_started(shop):
    SandboxIntegrationFactory(id="int_1", contact=BOB)
    with refused("not_owner"):
        shop.run("technical.resync_integration", {"integration_id": "int_1"})
    assert SandboxIntegration.objects.get().status == "error"


def test_a_resync_that_fails_changes_nothing(shop):
    SandboxIntegrationFactory(id="int_1")
    shop.break_next("sandbox.resync_integration")
    assert shop.run("technical.resync_integration", {"integration_id": "int_1"}).state == State.FAILED
    assert SandboxIntegration.objects.get().status == "error"


def test_an_issue_is_filed_once(shop):
    arguments = {"title": "Export is empty", "body": "Steps: export, open."}
    first, second = shop.run("issues.file", arguments), shop.run("issues.file", arguments)
    assert first.pk == second.pk
    issue = SandboxIssue.objects.get()
    assert (issue.pk, issue.title, issue.body) == ("iss_1", "Export is empty", "Steps: export, open.")
    assert first.result["url"].endswith("/sandboxissue/iss_1/change/")


@pytest.mark.parametrize("arguments", [{"title": "x", "body": "b"}, {"title": "Export is empty", "body": ""}], ids=str)
def test_an_issue_says_something(shop, arguments):
    with refused("invalid_arguments"):
        shop.run("issues.file", arguments)


def test_issues_have_a_daily_limit(shop):
    for number in range(3):
        shop.run("issues.file", {"title": f"Problem {number}", "body": "b"})
    with refused("too_many_today"):
        shop.run("issues.file", {"title": "Problem 4", "body": "b"})
