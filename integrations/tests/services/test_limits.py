"""Totals and counts per contact and day: inclusive, and people above them."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.models import ActionExecution, ActionPolicy, Approval, SandboxSubscription
from integrations.services import approvals, calls
from integrations.services.limits import policy_for
from integrations.tests.conftest import refused
from integrations.tests.factories import (
    ActionExecutionFactory,
    SandboxAccountFactory,
    SandboxChargeFactory,
    SandboxIntegrationFactory,
    SandboxInvoiceFactory,
    SandboxSubscriptionFactory,
)
from supportai.core import clock
from supportai.core.actors import SYSTEM

pytestmark = pytest.mark.django_db

State = ActionExecution.State


def credit(shop, cents, currency="usd", **fields):
    arguments = {"amount_cents": cents, "currency": currency, "reason": "late"}
    return shop.run("billing.apply_credit", arguments, confirmation=f"{cents} {currency}", **fields)


class TestAmounts:
    """`refund_cents` and `credit_cents`."""

    @pytest.mark.parametrize(
        ("cents", "state", "people"),
        [
            (10_000, State.SUCCEEDED, 0),
            (10_001, State.PLANNED, 1),
            (50_000, State.PLANNED, 1),
            (50_001, State.PLANNED, 2),
        ],
    )
    def test_the_limit_itself_is_inside_and_five_times_it_is_one_persons(self, shop, cents, state, people):
        SandboxChargeFactory(id="ch_1", amount_cents=cents)
        done = shop.refund("ch_1")
        assert done.state == state
        assert [a.needed for a in Approval.objects.all()] == ([people] if people else [])

    def test_parts_add_up_over_charges_and_episodes(self, shop):
        SandboxChargeFactory(id="ch_1", amount_cents=10_000)
        SandboxChargeFactory(id="ch_2", amount_cents=10_000)
        states = [
            shop.refund("ch_1", 6000).state,
            shop.refund("ch_2", 4000, episode="ticket:t2:1").state,
            shop.refund("ch_1", 1, episode="ticket:t3:1").state,
        ]
        assert states == [State.SUCCEEDED, State.SUCCEEDED, State.PLANNED]

    def test_many_small_ones_can_need_two_people(self, shop):
        ActionExecutionFactory(contact=shop.ana, amount_cents=49_000)
        SandboxChargeFactory(id="ch_1", amount_cents=1001)
        assert shop.refund("ch_1").approval.needed == 2

    @pytest.mark.parametrize("state", ["planned", "approved", "sent", "unknown", "succeeded"])
    def test_what_happened_or_may_still_happen_counts(self, shop, state):
        ActionExecutionFactory(contact=shop.ana, amount_cents=10_000, state=state)
        SandboxChargeFactory(id="ch_1")
        assert shop.refund("ch_1").state == State.PLANNED

    @pytest.mark.parametrize("state", ["failed", "compensated"])
    def test_what_did_not_happen_or_was_undone_does_not(self, shop, state):
        ActionExecutionFactory(contact=shop.ana, amount_cents=10_000, state=state)
        SandboxChargeFactory(id="ch_1")
        assert shop.refund("ch_1").state == State.SUCCEEDED

    def test_another_contact_currency_or_day_has_a_total_of_its_own(self, shop):
        ActionExecutionFactory(amount_cents=10_000)
        ActionExecutionFactory(contact=shop.ana, amount_cents=10_000, currency="eur")
        yesterday = datetime.combine(clock.today(), datetime.min.time(), tzinfo=UTC) - timedelta(seconds=1)
        ActionExecutionFactory(contact=shop.ana, amount_cents=10_000, created_at=yesterday)
        SandboxChargeFactory(id="ch_1", amount_cents=10_000)
        assert shop.refund("ch_1").state == State.SUCCEEDED

    def test_an_old_failure_that_is_tried_again_counts_for_today(self, shop):
        SandboxChargeFactory(id="ch_1", amount_cents=10_000)
        SandboxChargeFactory(id="ch_2", amount_cents=10_000)
        shop.break_next("sandbox.refund_charge")
        shop.refund("ch_1")
        with clock.moved(timedelta(days=1)):
            assert shop.refund("ch_1").state == State.SUCCEEDED
            assert shop.refund("ch_2").state == State.PLANNED

    def test_the_smallest_unit_is_what_counts_in_any_currency(self, shop):
        SandboxChargeFactory(id="ch_1", amount_cents=5400, currency="jpy")
        SandboxChargeFactory(id="ch_2", amount_cents=10_001, currency="jpy")
        assert shop.refund("ch_1").state == State.SUCCEEDED
        assert shop.refund("ch_2").state == State.PLANNED

    def test_without_a_limit_money_always_waits(self, shop):
        shop.policy("billing.refund_charge", limit_cents=None)
        SandboxChargeFactory(id="ch_1", amount_cents=1)
        assert shop.refund("ch_1").approval.reason == "It moves money and no limit is set."

    def test_without_a_policy_money_waits(self, shop):
        ActionPolicy.objects.all().delete()
        SandboxChargeFactory(id="ch_1", amount_cents=1)
        assert shop.refund("ch_1").state == State.PLANNED

    def test_a_limit_of_nothing_lets_nothing_through(self, shop):
        shop.policy("billing.refund_charge", limit_cents=0)
        SandboxChargeFactory(id="ch_1", amount_cents=1)
        assert shop.refund("ch_1").approval.needed == 2

    def test_a_count_holds_for_money_too(self, shop):
        shop.policy("billing.refund_charge", daily_count=1)
        SandboxChargeFactory(id="ch_1")
        assert shop.refund("ch_1", 1).state == State.SUCCEEDED
        assert shop.refund("ch_1", 2).approval.reason == "More than 1 a day for one contact."

    def test_asking_each_time_still_asks_two_people_for_a_lot(self, shop):
        shop.policy("billing.refund_charge", mode="ask")
        SandboxChargeFactory(id="ch_1", amount_cents=100_000)
        assert shop.refund("ch_1", 100).approval.needed == 1
        assert shop.refund("ch_1", 50_001).approval.needed == 2

    def test_credits_have_their_own_limit(self, shop):
        SandboxChargeFactory(id="ch_1", amount_cents=20_000)
        shop.refund("ch_1", 10_000)
        assert credit(shop, 5000).state == State.SUCCEEDED
        assert credit(shop, 1).state == State.PLANNED

    def test_a_made_up_currency_opens_no_second_limit(self, shop):
        SandboxChargeFactory(id="ch_1", amount_cents=20_000)
        for currency in ("eur", "gbp", "xxx"):
            with refused("amount_too_high"):
                credit(shop, 5000, currency)


class TestCounts:
    """`daily_count`."""

    @pytest.mark.parametrize(
        ("capability", "row", "argument"),
        [
            ("accounts.send_password_reset", SandboxAccountFactory, "account_id"),
            ("accounts.unlock_account", SandboxAccountFactory, "account_id"),
            ("billing.send_invoice", SandboxInvoiceFactory, "invoice_id"),
            ("technical.resync_integration", SandboxIntegrationFactory, "integration_id"),
        ],
    )
    def test_three_a_day_and_no_fourth(self, shop, capability, row, argument):
        arguments = {argument: row().pk}
        for number in range(3):
            assert shop.run(capability, arguments, episode=f"e{number}").state == State.SUCCEEDED
        with refused("too_many_today"):
            shop.run(capability, arguments, episode="e3")
        with clock.moved(timedelta(days=1)):
            assert shop.run(capability, arguments, episode="e4").state == State.SUCCEEDED

    def test_a_second_change_of_plan_is_refused(self, shop):
        SandboxSubscriptionFactory(id="sub_1")
        change = {"subscription_id": "sub_1", "plan": "free"}
        assert shop.run("billing.change_plan", change, confirmation="q1").state == State.SUCCEEDED
        with refused("too_many_today"):
            shop.run("billing.change_plan", {**change, "plan": "enterprise"}, confirmation="q2")
        assert SandboxSubscription.objects.get().plan == "free"

    def test_a_second_cancellation_waits_for_a_person(self, shop):
        SandboxSubscriptionFactory(id="sub_1")
        SandboxSubscriptionFactory(id="sub_2")
        first = shop.run("billing.cancel_subscription", {"subscription_id": "sub_1"}, confirmation="q1")
        second = shop.run("billing.cancel_subscription", {"subscription_id": "sub_2"}, confirmation="q2")
        assert (first.state, second.state) == (State.SUCCEEDED, State.PLANNED)

    def test_what_is_critical_waits_without_a_limit(self, shop):
        shop.policy("billing.cancel_subscription", daily_count=None)
        SandboxSubscriptionFactory(id="sub_1")
        done = shop.run("billing.cancel_subscription", {"subscription_id": "sub_1"}, confirmation="q1")
        assert done.approval.reason == "No limit is set for this action."

    def test_what_cannot_be_undone_waits_without_a_limit(self, shop):
        shop.policy("billing.send_invoice", daily_count=None)
        SandboxInvoiceFactory(id="in_1")
        assert shop.run("billing.send_invoice", {"invoice_id": "in_1"}).state == State.PLANNED

    def test_what_can_be_undone_runs_without_a_limit(self, shop):
        shop.policy("accounts.unlock_account", daily_count=None)
        SandboxAccountFactory(id="acc_1", status="locked")
        assert shop.run("accounts.unlock_account", {"account_id": "acc_1"}).state == State.SUCCEEDED

    def test_look_ups_are_not_counted(self, shop):
        shop.policy("billing.find_charges", daily_count=1)
        states = {shop.run("billing.find_charges", episode=f"e{number}").state for number in range(3)}
        assert states == {State.SUCCEEDED}

    def test_undoing_gives_the_count_back(self, shop):
        SandboxSubscriptionFactory(id="sub_1")
        change = {"subscription_id": "sub_1", "plan": "free"}
        done = shop.run("billing.change_plan", change, confirmation="q1")
        calls.compensate(execution_id=done.pk, actor=SYSTEM)
        assert shop.run("billing.change_plan", change, confirmation="q2").state == State.SUCCEEDED

    def test_a_denied_one_gives_the_amount_back(self, shop, django_user_model):
        SandboxChargeFactory(id="ch_1", amount_cents=20_000)
        waiting = shop.refund("ch_1", 10_001)
        person = django_user_model.objects.create_user("lead@fernway.example", name="Lead")
        approvals.deny(approval_id=waiting.approval.pk, user_id=person.pk)
        assert shop.refund("ch_1", 10_000).state == State.SUCCEEDED


def test_a_capability_without_a_policy_has_the_safe_defaults(db):
    policy = policy_for("issues.file")
    assert (policy.mode, policy.limit_cents, policy.daily_count) == ("allow", None, None)
    assert policy.identity_level == "mail_authenticated"
