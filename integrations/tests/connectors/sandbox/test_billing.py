"""Charges, refunds, credits, subscriptions, invoices: what works, what is refused, and whose it is."""

from datetime import timedelta

import pytest
from django.core import mail

from integrations.models import (
    ActionExecution,
    SandboxCall,
    SandboxCharge,
    SandboxCredit,
    SandboxRefund,
    SandboxSubscription,
)
from integrations.tests.conftest import refused
from integrations.tests.factories import (
    ANA,
    SandboxAccountFactory,
    SandboxChargeFactory,
    SandboxInvoiceFactory,
    SandboxSubscriptionFactory,
)
from supportai.core import clock

pytestmark = pytest.mark.django_db

State = ActionExecution.State
BOB = "bob@northwind.example"


def credit(shop, cents=900, currency="usd", confirmation="q", **fields):
    arguments = {"amount_cents": cents, "currency": currency, "reason": "late"}
    return shop.run("billing.apply_credit", arguments, confirmation=confirmation, **fields)


def cancel(shop, row="sub_1", **fields):
    return shop.run("billing.cancel_subscription", {"subscription_id": row}, **{"confirmation": "q", **fields})


class TestFindCharges:
    def test_own_charges_come_oldest_first_with_what_can_be_given_back(self, shop):
        SandboxChargeFactory(id="ch_2", refunded_cents=900)
        SandboxChargeFactory(id="ch_1", created=clock.now() - timedelta(days=2), currency="eur")
        found = shop.run("billing.find_charges").result["charges"]
        assert [charge["id"] for charge in found] == ["ch_1", "ch_2"]
        assert [charge["refundable_cents"] for charge in found] == [4900, 4000]
        assert (found[0]["currency"], found[0]["status"], found[0]["description"]) == ("eur", "paid", "Pro plan")

    def test_nobody_elses_are_listed(self, shop):
        SandboxChargeFactory(contact=BOB)
        SandboxChargeFactory(contact=BOB, organization="Northwind")
        SandboxChargeFactory(contact="", organization="Northwind")
        SandboxChargeFactory(contact="", organization="")
        assert shop.run("billing.find_charges").result == {"charges": []}

    @pytest.mark.parametrize(("role", "sees"), [("billing", True), ("admin", True), ("member", False)])
    def test_the_organizations_need_a_role(self, shop, role, sees):
        SandboxAccountFactory(roles=[role])
        SandboxChargeFactory(id="ch_1", contact="", organization="Northwind")
        SandboxChargeFactory(id="ch_2", contact="", organization="Fabrikam")
        found = shop.run("billing.find_charges").result["charges"]
        assert [charge["id"] for charge in found] == (["ch_1"] if sees else [])

    def test_an_address_is_compared_whatever_its_case(self, shop):
        SandboxChargeFactory(id="ch_1", contact="Ana@Northwind.Example")
        assert len(shop.run("billing.find_charges").result["charges"]) == 1
        assert shop.refund("ch_1").state == State.SUCCEEDED

    def test_who_has_no_address_sees_nothing(self, shop):
        SandboxChargeFactory(contact="")
        SandboxAccountFactory(contact="", roles=["admin"])
        SandboxChargeFactory(contact="", organization="Northwind")
        nobody = shop.person("", shop.northwind)
        assert shop.run("billing.find_charges", by=nobody).result == {"charges": []}

    def test_a_wildcard_in_an_address_matches_nothing(self, shop):
        SandboxChargeFactory(contact="ana@northwind.example")
        odd = shop.person("an_@northwind.example")
        assert shop.run("billing.find_charges", by=odd).result == {"charges": []}

    def test_a_fault_is_a_failure(self, shop):
        shop.break_next("sandbox.find_charges", "timeout_after")
        failed = shop.run("billing.find_charges")
        assert (failed.state, failed.error) == (State.FAILED, "The sandbox did not answer.")
        assert shop.run("billing.find_charges").state == State.SUCCEEDED


class TestRefund:
    def test_a_part_then_the_rest(self, shop):
        SandboxChargeFactory(id="ch_1", currency="eur")
        part = shop.refund("ch_1", 900)
        assert part.result == {
            "refund_id": "re_1", "charge_id": "ch_1", "amount_cents": 900, "currency": "eur", "status": "succeeded",
        }  # fmt: skip
        assert SandboxCharge.objects.get().status == "paid"
        rest = shop.refund("ch_1")
        assert (rest.result["refund_id"], rest.result["amount_cents"]) == ("re_2", 4000)
        assert SandboxCharge.objects.get().status == "refunded"
        assert sum(SandboxRefund.objects.values_list("amount_cents", flat=True)) == 4900

    @pytest.mark.parametrize("cents", [4001, 4900, 10**12])
    def test_more_than_the_rest_is_refused_and_never_clipped(self, shop, cents):
        SandboxChargeFactory(id="ch_1", refunded_cents=900)
        with refused("amount_too_high"):
            shop.refund("ch_1", cents)
        assert SandboxCharge.objects.get().refunded_cents == 900

    def test_nothing_left_is_refused(self, shop):
        SandboxChargeFactory(id="ch_1", refunded_cents=4900)
        with refused("amount_too_high"):
            shop.refund("ch_1")

    @pytest.mark.parametrize(
        "whose",
        [
            {"contact": BOB},
            {"contact": BOB, "organization": "Northwind"},
            {"contact": "", "organization": "Northwind"},
            {"contact": "", "organization": "Fabrikam"},
            {"contact": "", "organization": ""},
        ],
        ids=str,
    )
    def test_what_is_not_own_reads_like_what_is_not_there(self, shop, whose):
        SandboxChargeFactory(id="ch_1", **whose)
        for charge_id in ("ch_1", "ch_404"):
            with pytest.raises(Exception, match=f"There is no {charge_id} that this customer may ask about."):
                shop.refund(charge_id)
        assert SandboxCharge.objects.get().refunded_cents == 0

    @pytest.mark.parametrize("role", ["billing", "admin"])
    def test_a_billing_role_may_ask_for_the_organization(self, shop, role):
        SandboxAccountFactory(roles=[role])
        SandboxChargeFactory(id="ch_1", contact="", organization="Northwind")
        assert shop.refund("ch_1").state == State.SUCCEEDED

    def test_a_role_of_the_signed_identity_counts_only_in_a_signed_message(self, shop):
        person = shop.person("cfo@northwind.example", shop.northwind, roles=["billing"])
        SandboxChargeFactory(id="ch_1", contact="", organization="Northwind")
        with refused("not_owner"):
            shop.refund("ch_1", by=person, identity_level="mail_authenticated")
        assert shop.refund("ch_1", by=person).state == State.SUCCEEDED

    def test_a_signed_role_makes_nobody_the_organizations_admin(self, shop):
        person = shop.person("cfo@northwind.example", shop.northwind, roles=["admin", "owner"])
        SandboxChargeFactory(id="ch_1", contact=BOB, organization="Northwind")
        with refused("not_owner"):
            shop.refund("ch_1", by=person)

    def test_a_role_in_another_organization_counts_for_nothing(self, shop):
        SandboxAccountFactory(roles=["admin"], organization="Fabrikam")
        SandboxChargeFactory(id="ch_1", contact="", organization="Northwind")
        with refused("not_owner"):
            shop.refund("ch_1")

    def test_the_admin_of_another_organization_is_a_stranger(self, shop):
        shop.make_admin(ANA)
        SandboxChargeFactory(id="ch_1", contact="", organization="Fabrikam")
        with refused("not_owner"):
            shop.refund("ch_1")

    def test_a_provider_would_not_refund_twice_for_one_key(self, shop):
        SandboxChargeFactory(id="ch_1")
        done = shop.refund("ch_1", 100)
        call = SandboxCall.objects.get()
        assert (call.idempotency_key, call.action, call.result) == (done.idempotency_key, done.action, done.result)


class TestCredit:
    def test_it_is_put_on_the_own_account(self, shop):
        SandboxChargeFactory(amount_cents=1000)
        done = credit(shop)
        assert done.result == {"credit_id": "cr_1", "amount_cents": 900, "currency": "usd"}
        row = SandboxCredit.objects.get()
        assert (row.contact, row.reason, row.status) == (ANA, "late", "active")

    def test_no_more_than_could_be_refunded_is_credited(self, shop):
        SandboxChargeFactory(amount_cents=1000, refunded_cents=100)
        with refused("amount_too_high"):
            credit(shop, 901)
        assert credit(shop, 900).state == State.SUCCEEDED
        with refused("amount_too_high"):
            credit(shop, 1, confirmation="q2")

    @pytest.mark.parametrize("whose", [{"contact": BOB}, {"contact": "", "organization": "Northwind"}], ids=str)
    def test_another_ones_charges_owe_nothing(self, shop, whose):
        SandboxChargeFactory(**whose)
        with refused("amount_too_high"):
            credit(shop)

    def test_a_voided_credit_owes_again(self, shop):
        SandboxChargeFactory(amount_cents=900)
        SandboxCredit.objects.create(id="cr_1", contact=ANA, amount_cents=900, status="void")
        assert credit(shop).result["credit_id"] == "cr_2"

    def test_twice_is_once(self, shop):
        SandboxChargeFactory()
        assert credit(shop).pk == credit(shop).pk
        assert SandboxCredit.objects.count() == 1


class TestSubscription:
    def test_own_ones_are_listed(self, shop):
        SandboxSubscriptionFactory(id="sub_1", renews=clock.now())
        SandboxSubscriptionFactory(contact=BOB)
        SandboxSubscriptionFactory(contact="", organization="Northwind")
        found = shop.run("billing.get_subscription").result["subscriptions"]
        assert [(row["id"], row["plan"], row["status"]) for row in found] == [("sub_1", "pro", "active")]

    def test_the_plan_changes_at_once(self, shop):
        SandboxSubscriptionFactory(id="sub_1")
        done = shop.run("billing.change_plan", {"subscription_id": "sub_1", "plan": "business"}, confirmation="q")
        assert done.result == {"subscription_id": "sub_1", "plan": "business", "old_plan": "pro"}
        assert SandboxSubscription.objects.get().plan == "business"

    def test_an_unknown_plan_is_refused(self, shop):
        SandboxSubscriptionFactory(id="sub_1")
        with refused("invalid_arguments"):
            shop.run("billing.change_plan", {"subscription_id": "sub_1", "plan": "platinum"}, confirmation="q")

    def test_a_cancelled_one_stays_as_it_is(self, shop):
        SandboxSubscriptionFactory(id="sub_1", status="cancelled")
        done = shop.run("billing.change_plan", {"subscription_id": "sub_1", "plan": "free"}, confirmation="q")
        assert (done.state, done.error) == (State.FAILED, "sub_1 is cancelled.")
        assert SandboxSubscription.objects.get().plan == "pro"

    @pytest.mark.parametrize(
        ("status", "after"),
        [
            ("active", "cancelling"), ("past_due", "cancelling"), ("cancelling", "cancelling"),
            ("cancelled", "cancelled"),
        ],
    )  # fmt: skip
    def test_cancelling_ends_it_with_the_period(self, shop, status, after):
        renews = clock.now() + timedelta(days=9)
        SandboxSubscriptionFactory(id="sub_1", status=status, renews=renews)
        done = cancel(shop)
        assert (done.result["status"], done.result["ends"]) == (after, renews.isoformat())
        assert SandboxSubscription.objects.get().status == after

    def test_one_without_a_renewal_has_no_end_to_name(self, shop):
        SandboxSubscriptionFactory(id="sub_1")
        assert cancel(shop).result["ends"] is None

    @pytest.mark.parametrize("whose", [{"contact": BOB}, {"contact": "", "organization": "Northwind"}], ids=str)
    def test_another_ones_is_left_alone(self, shop, whose):
        SandboxSubscriptionFactory(id="sub_1", **whose)
        with refused("not_owner"):
            cancel(shop)
        with refused("not_owner"):
            shop.run("billing.change_plan", {"subscription_id": "sub_1", "plan": "free"}, confirmation="q")
        row = SandboxSubscription.objects.get()
        assert (row.status, row.plan) == ("active", "pro")

    def test_a_role_or_the_admin_may_ask_for_the_organizations(self, shop):
        SandboxSubscriptionFactory(id="sub_1", contact="", organization="Northwind")
        shop.make_admin(ANA)
        assert cancel(shop).state == State.SUCCEEDED

    def test_an_error_cancels_nothing(self, shop):
        SandboxSubscriptionFactory(id="sub_1")
        shop.break_next("sandbox.cancel_subscription")
        assert cancel(shop).state == State.FAILED
        assert SandboxSubscription.objects.get().status == "active"


class TestInvoices:
    def test_own_ones_come_oldest_first(self, shop):
        SandboxInvoiceFactory(id="in_2")
        SandboxInvoiceFactory(id="in_1", created=clock.now() - timedelta(days=30))
        SandboxInvoiceFactory(contact=BOB)
        found = shop.run("billing.find_invoices").result["invoices"]
        assert [invoice["id"] for invoice in found] == ["in_1", "in_2"]

    @pytest.mark.parametrize("number", ["INV-77", "inv-77"])
    def test_one_is_found_by_its_number(self, shop, number):
        SandboxInvoiceFactory(id="in_1", number="INV-77")
        SandboxInvoiceFactory(id="in_2", number="INV-7")
        found = shop.run("billing.find_invoices", {"number": number}).result["invoices"]
        assert [invoice["id"] for invoice in found] == ["in_1"]

    def test_another_ones_number_finds_nothing(self, shop):
        SandboxInvoiceFactory(number="INV-77", contact=BOB)
        assert shop.run("billing.find_invoices", {"number": "INV-77"}).result == {"invoices": []}

    def test_it_is_sent_with_its_link(self, shop):
        SandboxInvoiceFactory(id="in_1", number="INV-77", url="https://billing.fernway.example/INV-77")
        assert shop.run("billing.send_invoice", {"invoice_id": "in_1"}).result["number"] == "INV-77"
        assert "https://billing.fernway.example/INV-77" in mail.outbox[0].body
        assert mail.outbox[0].subject == "Your invoice INV-77"

    @pytest.mark.parametrize("extra", [{"to": BOB}, {"email": BOB}, {"cc": BOB}])
    def test_it_takes_no_recipient(self, shop, extra):
        SandboxInvoiceFactory(id="in_1")
        with refused("invalid_arguments"):
            shop.run("billing.send_invoice", {"invoice_id": "in_1", **extra})
        assert mail.outbox == []

    def test_another_ones_is_not_sent(self, shop):
        SandboxInvoiceFactory(id="in_1", contact=BOB)
        with refused("not_owner"):
            shop.run("billing.send_invoice", {"invoice_id": "in_1"})
        assert mail.outbox == []
