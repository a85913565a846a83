"""Who belongs to the same company, when the rows name people only."""

import pytest

from integrations.models import ActionExecution, SandboxAccount, SandboxContact, SandboxOrganization
from integrations.tests.conftest import refused
from integrations.tests.factories import ANA, SandboxAccountFactory, SandboxChargeFactory, SandboxSubscriptionFactory

pytestmark = pytest.mark.django_db

BEN, EVE = "ben@northwind.example", "eve@other.example"
GRANT = {"account_id": "acc_2", "role": "billing"}


@pytest.fixture
def people(shop):
    """Give Ben of Northwind and Eve of another company, each with a sign-in that names no company."""
    for number, (email, company) in enumerate([(ANA, "Northwind"), (BEN, "Northwind"), (EVE, "Other")], start=1):
        SandboxContact.objects.create(id=f"con_{number}", email=email, organization=company)
        SandboxAccountFactory(id=f"acc_{number}", contact=email, organization="", roles=["member"])
    return shop


def test_the_admin_gives_a_colleague_a_role(people):
    people.make_admin()
    done = people.run("accounts.grant_role", GRANT, confirmation="yes")
    assert done.state == ActionExecution.State.SUCCEEDED
    assert SandboxAccount.objects.get(pk="acc_2").roles == ["member", "billing"]


def test_for_anybody_else_of_the_company_the_admin_must_agree(people):
    people.make_admin(BEN)
    done = people.run("accounts.grant_role", GRANT, confirmation="yes")
    assert done.state == ActionExecution.State.PLANNED
    assert SandboxAccount.objects.get(pk="acc_2").roles == ["member"]


def test_a_stranger_is_no_colleague(people):
    people.make_admin()
    with refused("not_owner"):
        people.run("accounts.grant_role", GRANT | {"account_id": "acc_3"}, confirmation="yes")


def test_the_admin_sees_the_colleagues_sign_ins_and_nobody_elses(people):
    assert people.run("accounts.get_account").result["colleagues"] == []
    people.make_admin()
    seen = people.run("accounts.get_account", episode="later").result
    assert [row["id"] for row in seen["accounts"]] == ["acc_1"]
    assert [row["id"] for row in seen["colleagues"]] == ["acc_2"]


@pytest.mark.parametrize(("admin", "may"), [(ANA, True), (BEN, False)])
def test_a_colleagues_charge_is_for_the_admin_alone(people, admin, may):
    people.make_admin(admin)
    SandboxAccount.objects.filter(pk="acc_1").update(roles=["billing", "admin"])
    SandboxChargeFactory(id="ch_1", contact=BEN)
    if may:
        assert people.refund("ch_1").state == ActionExecution.State.SUCCEEDED
    else:
        with refused("not_owner"):
            people.refund("ch_1")


def test_a_role_at_another_company_counts_for_nothing_here(shop):
    SandboxOrganization.objects.create(id="org_1", name="Northwind")
    SandboxContact.objects.create(id="con_1", email=ANA, organization="Other")
    SandboxAccountFactory(contact=ANA, organization="", roles=["admin"])
    SandboxSubscriptionFactory(id="sub_1", contact="", organization="Northwind")
    with refused("not_owner"):
        shop.run("billing.cancel_subscription", {"subscription_id": "sub_1"}, confirmation="yes")


def test_the_system_of_record_knows_the_company_when_the_platform_does_not(people):
    person = people.person(BEN)
    SandboxOrganization.objects.create(id="org_1", name="Northwind", admin=BEN)
    done = people.run("accounts.grant_role", GRANT | {"account_id": "acc_1"}, by=person, confirmation="yes")
    assert done.state == ActionExecution.State.SUCCEEDED


def test_a_charge_that_counts_as_refunded_has_no_rest(shop):
    SandboxChargeFactory(id="ch_1", status="refunded")
    assert shop.run("billing.find_charges").result["charges"][0]["refundable_cents"] == 0
    with refused("amount_too_high"):
        shop.refund("ch_1")
