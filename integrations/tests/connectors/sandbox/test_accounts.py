"""Sign-ins: looking up, password links, unlocking, roles."""

import pytest
from django.core import mail

from integrations.models import ActionExecution, Approval, SandboxAccount
from integrations.tests.conftest import refused
from integrations.tests.factories import ANA, SandboxAccountFactory

pytestmark = pytest.mark.django_db

State = ActionExecution.State
BOB = "bob@northwind.example"


def grant(shop, role="billing", account_id="acc_1", **fields):
    arguments = {"account_id": account_id, "role": role}
    return shop.run("accounts.grant_role", arguments, **{"confirmation": "q", **fields})


def test_the_own_account_is_looked_up(shop):
    SandboxAccountFactory(id="acc_1", mfa=True, status="locked")
    SandboxAccountFactory(contact=BOB)
    found = shop.run("accounts.get_account").result["accounts"]
    assert found == [
        {
            "id": "acc_1", "contact": ANA, "status": "locked", "last_login": None, "roles": ["member"], "mfa": True,
            "organization": "Northwind",
        }
    ]  # fmt: skip


def test_unlocking_makes_it_active(shop):
    SandboxAccountFactory(id="acc_1", status="locked")
    done = shop.run("accounts.unlock_account", {"account_id": "acc_1"})
    assert done.result == {"account_id": "acc_1", "status": "active", "old_status": "locked"}
    assert SandboxAccount.objects.get().status == "active"


@pytest.mark.parametrize("capability", ["accounts.unlock_account", "accounts.send_password_reset"])
@pytest.mark.parametrize(
    "whose",
    [{"contact": BOB}, {"contact": BOB, "organization": "Fabrikam"}, {"contact": "", "organization": ""}],
    ids=str,
)
def test_another_ones_account_is_left_alone(shop, capability, whose):
    SandboxAccountFactory(roles=["admin"])
    SandboxAccountFactory(id="acc_x", status="locked", **whose)
    with refused("not_owner"):
        shop.run(capability, {"account_id": "acc_x"})
    assert SandboxAccount.objects.get(pk="acc_x").status == "locked"
    assert mail.outbox == []


def test_the_organizations_admin_may_help_a_colleague_and_the_link_goes_to_the_colleague(shop):
    shop.make_admin(ANA)
    SandboxAccountFactory(id="acc_b", contact=BOB, status="locked")
    assert shop.run("accounts.unlock_account", {"account_id": "acc_b"}).state == State.SUCCEEDED
    assert shop.run("accounts.send_password_reset", {"account_id": "acc_b"}).result["sent_to"] == BOB
    assert [message.to for message in mail.outbox] == [[BOB]]


class TestGrantRole:
    def test_the_admin_who_asks_is_enough(self, shop):
        shop.make_admin(ANA)
        SandboxAccountFactory(id="acc_1", contact=BOB)
        assert grant(shop).result == {
            "account_id": "acc_1", "roles": ["member", "billing"], "old_roles": ["member"],
        }  # fmt: skip
        assert SandboxAccount.objects.get().roles == ["member", "billing"]

    def test_a_role_that_is_there_is_not_added_twice(self, shop):
        shop.make_admin(ANA)
        SandboxAccountFactory(id="acc_1", roles=["billing"])
        assert grant(shop).result["roles"] == ["billing"]

    @pytest.mark.parametrize("admin", ["", BOB])
    @pytest.mark.parametrize("own_roles", [["member"], ["admin", "billing"]])
    def test_anybody_else_waits_for_the_admin(self, shop, admin, own_roles):
        shop.make_admin(admin)
        SandboxAccountFactory(id="acc_1", roles=own_roles)
        assert grant(shop, "admin").state == State.PLANNED
        assert Approval.objects.get().reason == "The organization's admin must agree."
        assert SandboxAccount.objects.get().roles == own_roles

    def test_a_signed_admin_role_is_not_the_organizations_admin(self, shop):
        SandboxAccountFactory(id="acc_1", contact=BOB)
        person = shop.person("x@northwind.example", shop.northwind, roles=["admin"])
        assert grant(shop, by=person).state == State.PLANNED

    @pytest.mark.parametrize("whose", [{"organization": "Fabrikam"}, {"organization": ""}], ids=str)
    def test_an_account_elsewhere_is_refused(self, shop, whose):
        shop.make_admin(ANA)
        SandboxAccountFactory(id="acc_1", contact="eve@fabrikam.example", **whose)
        with refused("not_owner"):
            grant(shop)

    def test_an_own_account_elsewhere_waits_for_the_admin_there(self, shop):
        shop.make_admin(ANA)
        SandboxAccountFactory(id="acc_1", organization="Fabrikam")
        assert grant(shop, "admin").state == State.PLANNED

    def test_an_account_that_is_not_there_is_refused(self, shop):
        shop.make_admin(ANA)
        with refused("not_owner"):
            grant(shop, account_id="acc_404")

    def test_who_belongs_nowhere_has_no_colleagues(self, shop):
        loner = shop.person("solo@mail.example")
        SandboxAccountFactory(id="acc_1", contact=BOB, organization="")
        with refused("not_owner"):
            grant(shop, by=loner)

    def test_a_second_grant_on_a_day_waits(self, shop):
        shop.make_admin(ANA)
        SandboxAccountFactory(id="acc_1")
        assert grant(shop).state == State.SUCCEEDED
        assert grant(shop, "viewer", confirmation="q2").state == State.PLANNED
