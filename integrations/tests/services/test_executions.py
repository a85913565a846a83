"""One call of an action: checked, bound to who asks, stored, made once."""

import uuid
from dataclasses import replace

import pytest

from accounts.tests.factories import VisitorFactory
from integrations import actions
from integrations.errors import ActionRefusedError, ConnectorError
from integrations.models import (
    ActionExecution,
    Approval,
    Binding,
    Installation,
    SandboxCharge,
    SandboxIssue,
    SandboxRefund,
)
from integrations.services.executions import spec_of
from integrations.tests.conftest import refused
from integrations.tests.factories import SandboxAccountFactory, SandboxChargeFactory, SandboxInvoiceFactory
from supportai.core.models import OutboxEvent

pytestmark = pytest.mark.django_db

State = ActionExecution.State


def announced() -> list[str]:
    return [name.rpartition(".")[2] for name in OutboxEvent.objects.values_list("name", flat=True)]


class TestOnce:
    """The same call again is the same row."""

    def test_what_was_asked_and_answered_is_on_record(self, shop):
        SandboxChargeFactory(id="ch_1")
        done = shop.refund("ch_1", 900, confirmation="question-1")
        assert (done.state, done.action, done.risk) == ("succeeded", "sandbox.refund_charge", "critical")
        assert done.arguments == {"charge_id": "ch_1", "amount_cents": 900}
        assert (done.amount_cents, done.currency, done.confirmation) == (900, "usd", "question-1")
        assert done.result["refund_id"] == "re_1"
        assert (done.contact, done.identity_level, done.actor_kind) == (shop.ana, "signed", "ai_agent")
        assert (done.attempts, done.lease_until, done.error) == (1, None, "")
        assert done.sent_at <= done.finished_at
        assert announced() == ["ExecutionFinished"]

    def test_a_second_yes_to_the_same_question_changes_nothing(self, shop):
        SandboxChargeFactory(id="ch_1")
        first = shop.refund("ch_1", 900)
        second = shop.refund("ch_1", 900)
        assert (first.pk, second.state, second.result) == (second.pk, "succeeded", first.result)
        assert SandboxCharge.objects.get().refunded_cents == 900
        assert SandboxRefund.objects.count() == 1

    def test_the_whole_rest_is_refunded_once(self, shop):
        SandboxChargeFactory(id="ch_1")
        assert shop.refund("ch_1").pk == shop.refund("ch_1").pk
        assert SandboxCharge.objects.get().refunded_cents == 4900

    def test_another_episode_is_another_call(self, shop):
        SandboxInvoiceFactory(id="in_1")
        first = shop.run("billing.send_invoice", {"invoice_id": "in_1"})
        same = shop.run("billing.send_invoice", {"invoice_id": "in_1"})
        other = shop.run("billing.send_invoice", {"invoice_id": "in_1"}, episode="ticket:t1:2")
        assert first.pk == same.pk != other.pk

    def test_a_repeat_tells_what_happened_even_when_the_rules_have_changed(self, shop):
        SandboxChargeFactory(id="ch_1")
        first = shop.refund("ch_1")
        shop.policy("billing.refund_charge", mode="deny")
        Installation.objects.update(can_act=False)
        SandboxCharge.objects.update(contact="somebody@else.example")
        assert shop.refund("ch_1").pk == first.pk

    def test_a_repeat_for_another_contact_shows_nothing(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.refund("ch_1")
        with refused("not_owner"):
            shop.refund("ch_1", by=shop.person("eve@northwind.example", shop.northwind))


class TestConfirmation:
    """A yes is good for one call."""

    @pytest.mark.parametrize(
        ("capability", "arguments"),
        [
            ("billing.refund_charge", {"charge_id": "ch_1"}),
            ("billing.apply_credit", {"amount_cents": 100, "currency": "usd", "reason": "late"}),
            ("billing.change_plan", {"subscription_id": "sub_1", "plan": "free"}),
            ("billing.cancel_subscription", {"subscription_id": "sub_1"}),
            ("accounts.grant_role", {"account_id": "acc_1", "role": "viewer"}),
        ],
    )
    def test_without_a_yes_nothing_is_called(self, shop, capability, arguments):
        with refused("not_confirmed"):
            shop.run(capability, arguments)

    @pytest.mark.parametrize("capability", ["accounts.unlock_account", "accounts.send_password_reset"])
    def test_some_actions_need_none(self, shop, capability):
        SandboxAccountFactory(id="acc_1", status="locked")
        assert shop.run(capability, {"account_id": "acc_1"}).state == State.SUCCEEDED

    @pytest.mark.parametrize("other", [("ch_2", 900), ("ch_1", 901), ("ch_1", None)])
    def test_a_yes_is_not_used_for_other_arguments(self, shop, other):
        SandboxChargeFactory(id="ch_1")
        SandboxChargeFactory(id="ch_2")
        shop.refund("ch_1", 900, confirmation="question-1")
        with refused("confirmation_used"):
            shop.refund(*other, confirmation="question-1")
        assert sum(SandboxCharge.objects.values_list("refunded_cents", flat=True)) == 900

    def test_a_yes_is_not_used_for_another_action_or_in_another_episode(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.refund("ch_1", 900, confirmation="question-1")
        credit = {"amount_cents": 900, "currency": "usd", "reason": "also"}
        with refused("confirmation_used"):
            shop.run("billing.apply_credit", credit, confirmation="question-1", episode="ticket:t1:2")

    def test_a_yes_to_a_call_that_failed_is_used_too(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.break_next("sandbox.refund_charge")
        assert shop.refund("ch_1", 100, confirmation="question-1").state == State.FAILED
        with refused("confirmation_used"):
            shop.refund("ch_1", 4900, confirmation="question-1")


class TestCapability:
    """Names come from a model and may be anything."""

    @pytest.mark.parametrize(
        "name", ["", "billing.refund", "sandbox.refund_charge", "a\x00b", "x" * 500, "ü.ä", None, 7]
    )
    def test_an_unknown_name_is_refused(self, shop, name):
        with refused("unknown_capability"):
            shop.run(name)
        assert spec_of(name) is None

    def test_a_binding_to_an_action_for_something_else_binds_nothing(self, shop):
        Binding.objects.filter(capability="billing.find_charges").update(action="sandbox.refund_charge")
        with refused("unknown_capability"):
            shop.run("billing.find_charges")

    def test_a_binding_to_an_action_of_another_connector_binds_nothing(self, shop):
        Installation.objects.update(kind="stripe")
        with refused("unknown_capability"):
            shop.run("billing.find_charges")

    def test_a_binding_to_an_action_that_is_gone_binds_nothing(self, shop):
        Binding.objects.filter(capability="billing.find_charges").update(action="sandbox.gone")
        assert spec_of("billing.find_charges") is None

    def test_the_spec_tells_what_a_policy_needs_to_know(self, shop):
        spec = spec_of("billing.refund_charge")
        assert (spec.name, spec.risk, spec.needs_confirmation, spec.is_reversible) == (
            "sandbox.refund_charge", "critical", True, False,
        )  # fmt: skip
        assert spec.description.startswith("Give back all or part of a paid charge.")
        assert spec_of("billing.change_plan").is_reversible


class TestArguments:
    """Arguments come from a model and are read strictly."""

    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"charge_id": 1},
            {"charge_id": None},
            {"charge_id": ["ch_1"]},
            {"charge_id": "ch_1", "amount_cents": "900"},
            {"charge_id": "ch_1", "amount_cents": 9.0},
            {"charge_id": "ch_1", "amount_cents": True},
            {"charge_id": "ch_1", "amount_cents": 0},
            {"charge_id": "ch_1", "amount_cents": -900},
            {"charge_id": "ch_1", "amount_cents": 900, "currency": "jpy"},
            {"charge_id": "ch_1", "contact": "bob@northwind.example"},
            {"charge_id": "ch_1", "contact_id": 1},
            {"charge_id": "ch_\x00"},
            {"charge_id": "c" * 61},
        ],
        ids=str,
    )
    def test_what_does_not_fit_is_refused(self, shop, arguments):
        SandboxChargeFactory(id="ch_1")
        with refused("invalid_arguments"):
            shop.run("billing.refund_charge", arguments, confirmation="question-1")
        assert SandboxCharge.objects.get().refunded_cents == 0

    @pytest.mark.parametrize("arguments", [["ch_1"], "ch_1", 5])
    def test_what_is_no_mapping_is_refused(self, shop, arguments):
        with refused("invalid_arguments"):
            shop.run("billing.refund_charge", arguments, confirmation="question-1")

    @pytest.mark.parametrize("capability", ["billing.find_charges", "accounts.get_account", "billing.get_subscription"])
    def test_look_ups_of_the_own_account_take_no_address(self, shop, capability):
        with refused("invalid_arguments"):
            shop.run(capability, {"email": "bob@northwind.example"})

    @pytest.mark.parametrize(
        "arguments",
        [
            {"amount_cents": 100, "currency": "USD", "reason": "x"},
            {"amount_cents": 100, "currency": "us", "reason": "x"},
            {"amount_cents": 100, "currency": "usd", "reason": ""},
            {"amount_cents": 100, "currency": "usd"},
            {"amount_cents": 0, "currency": "usd", "reason": "x"},
            {"amount_cents": -1, "currency": "usd", "reason": "x"},
        ],
        ids=str,
    )
    def test_a_credit_that_makes_no_sense_is_refused(self, shop, arguments):
        with refused("invalid_arguments"):
            shop.run("billing.apply_credit", arguments, confirmation="question-1")

    @pytest.mark.parametrize("role", ["owner", "superadmin", "", "Admin"])
    def test_an_unknown_role_is_refused(self, shop, role):
        with refused("invalid_arguments"):
            shop.run("accounts.grant_role", {"account_id": "acc_1", "role": role}, confirmation="question-1")

    def test_the_message_names_the_field_and_stays_short(self, shop):
        with pytest.raises(ActionRefusedError) as caught:
            shop.run("billing.find_charges", {"x" * 5000: 1})
        assert len(caught.value.message) <= 300
        assert "sandbox.find_charges" in caught.value.message

    def test_an_open_amount_is_frozen_to_what_the_limits_saw(self, shop):
        SandboxChargeFactory(id="ch_1", refunded_cents=900)
        done = shop.refund("ch_1")
        assert done.arguments == {"charge_id": "ch_1", "amount_cents": 4000}
        assert done.amount_cents == 4000


class TestIdentity:
    """Who asks is bound by the platform."""

    @pytest.mark.parametrize("level", ["anonymous", "claimed", "", "admin", "SIGNED"])
    def test_who_is_not_known_may_not_even_look(self, shop, level):
        with refused("identity_too_low"):
            shop.run("billing.find_charges", identity_level=level)

    @pytest.mark.parametrize("level", ["mail_authenticated", "code_verified", "signed"])
    def test_who_is_known_may(self, shop, level):
        assert shop.run("billing.find_charges", identity_level=level).state == State.SUCCEEDED

    def test_a_contact_that_is_not_verified_has_no_level(self, shop):
        visitor = VisitorFactory(email="ana@northwind.example")
        with refused("identity_too_low"):
            shop.run("billing.find_charges", by=visitor)

    def test_a_policy_can_ask_for_more(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.policy("billing.refund_charge", identity_level="signed")
        with refused("identity_too_low"):
            shop.refund("ch_1", identity_level="code_verified")
        assert shop.refund("ch_1").state == State.SUCCEEDED

    @pytest.mark.parametrize("level", ["anonymous", "claimed"])
    def test_no_write_of_any_kind_for_strangers(self, shop, level):
        with refused("identity_too_low"):
            shop.run("issues.file", {"title": "It is broken", "body": "b"}, identity_level=level)
        assert not SandboxIssue.objects.exists()


class TestSwitches:
    """People can stop it at once."""

    def test_a_denied_capability_is_not_called(self, shop):
        shop.policy("billing.find_charges", mode="deny")
        with refused("denied_by_policy"):
            shop.run("billing.find_charges")

    def test_an_installation_that_may_not_act_is_not_called(self, shop):
        Installation.objects.update(can_act=False)
        with refused("action_off"):
            shop.run("billing.find_charges")

    @pytest.mark.parametrize(
        ("state", "works"),
        [("active", True), ("degraded", True), ("disconnected", False), ("revoked", False), ("reauth_required", False)],
    )
    def test_an_installation_must_be_connected(self, shop, state, works):
        Installation.objects.update(state=state)
        if works:
            assert shop.run("billing.find_charges").state == State.SUCCEEDED
        else:
            with refused("action_off"):
                shop.run("billing.find_charges")

    def test_a_policy_can_ask_a_person_each_time_also_for_look_ups(self, shop):
        shop.policy("billing.find_charges", mode="ask")
        assert shop.run("billing.find_charges").state == State.PLANNED

    def test_the_stage_approval_holds_writes_and_lets_look_ups_through(self, shop):
        SandboxChargeFactory(id="ch_1")
        assert shop.run("billing.find_charges", stage_needs_approval=True).state == State.SUCCEEDED
        assert shop.refund("ch_1", 100, stage_needs_approval=True).state == State.PLANNED
        assert Approval.objects.get().reason == "This intent is at the stage approval."

    def test_an_owner_that_cannot_be_found_out_is_a_refusal(self, shop, monkeypatch):
        spec = spec_of("billing.refund_charge")
        assert spec is not None

        def broken(*_args):
            raise ConnectorError("away")

        monkeypatch.setitem(actions._specs, spec.name, replace(spec, owner=broken))
        with refused("owner_unknown"):
            shop.refund("ch_1")

    def test_an_amount_that_cannot_be_found_out_is_a_refusal(self, shop, monkeypatch):
        SandboxChargeFactory(id="ch_1")
        spec = spec_of("billing.refund_charge")
        assert spec is not None

        def broken(*_args):
            raise ConnectorError("away")

        monkeypatch.setitem(actions._specs, spec.name, replace(spec, amount=broken))
        with refused("amount_unknown"):
            shop.refund("ch_1")


class TestFailures:
    """What failed did nothing, and may be tried again inside the rules."""

    def test_an_error_changes_nothing_and_the_same_call_may_be_made_again(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.break_next("sandbox.refund_charge")
        failed = shop.refund("ch_1")
        assert (failed.state, failed.error) == (State.FAILED, "The sandbox answered with an error.")
        assert SandboxCharge.objects.get().refunded_cents == 0
        again = shop.refund("ch_1")
        assert (again.pk, again.state, again.attempts, again.error) == (failed.pk, State.SUCCEEDED, 2, "")
        assert SandboxCharge.objects.get().refunded_cents == 4900

    def test_it_is_tried_three_times_at_most(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.break_next("sandbox.refund_charge", times=3)
        states = [shop.refund("ch_1").state for _ in range(5)]
        assert states == [State.FAILED] * 5
        assert ActionExecution.objects.get().attempts == 3

    def test_a_look_up_that_fails_is_not_announced(self, shop):
        shop.break_next("sandbox.find_charges")
        assert shop.run("billing.find_charges").state == State.FAILED
        assert announced() == []

    def test_a_time_out_after_the_change_is_looked_up_and_never_doubled(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.break_next("sandbox.refund_charge", "timeout_after")
        done = shop.refund("ch_1", 900)
        assert (done.state, done.result["refund_id"]) == (State.SUCCEEDED, "re_1")
        assert shop.refund("ch_1", 900).pk == done.pk
        assert SandboxCharge.objects.get().refunded_cents == 900

    def test_a_retry_obeys_the_limits_of_the_moment(self, shop):
        """Fail a refund, use the day's limit up with another, then try the first again."""
        SandboxChargeFactory(id="ch_1", amount_cents=10_000)
        SandboxChargeFactory(id="ch_2", amount_cents=10_000)
        shop.break_next("sandbox.refund_charge")
        assert shop.refund("ch_1").state == State.FAILED
        assert shop.refund("ch_2").state == State.SUCCEEDED
        waiting = shop.refund("ch_1")
        assert (waiting.state, waiting.approval.needed) == (State.PLANNED, 1)
        assert SandboxCharge.objects.get(pk="ch_1").refunded_cents == 0

    def test_a_retry_obeys_the_switches_of_the_moment(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.break_next("sandbox.refund_charge")
        shop.refund("ch_1")
        shop.policy("billing.refund_charge", mode="deny")
        with refused("denied_by_policy"):
            shop.refund("ch_1")

    def test_a_retry_moves_the_frozen_amount(self, shop):
        SandboxChargeFactory(id="ch_1")
        shop.break_next("sandbox.refund_charge")
        shop.refund("ch_1")
        SandboxCharge.objects.update(amount_cents=9900)
        assert shop.refund("ch_1").result["amount_cents"] == 4900


def test_the_key_depends_on_episode_confirmation_action_and_arguments(shop):
    SandboxChargeFactory(id="ch_1")
    SandboxChargeFactory(id="ch_2")
    for charge, cents, confirmation, episode in [
        ("ch_1", 100, "q1", "e1"), ("ch_1", 100, "q2", "e1"), ("ch_1", 100, "q3", "e2"),
        ("ch_2", 100, "q4", "e1"), ("ch_1", 101, "q5", "e1"),
    ]:  # fmt: skip
        shop.refund(charge, cents, confirmation=confirmation, episode=episode)
    keys = set(ActionExecution.objects.values_list("idempotency_key", flat=True))
    assert len(keys) == 5
    assert all(isinstance(key, uuid.UUID) for key in keys)
