"""Stored calls: crashes, unknown outcomes, approved calls, undoing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from integrations import actions
from integrations.errors import ConnectorError
from integrations.models import (
    ActionExecution,
    Installation,
    SandboxCall,
    SandboxCharge,
)
from integrations.services.approvals import approve
from integrations.services.calls import record, resume_executions, run_approved
from integrations.tests.factories import (
    SandboxChargeFactory,
    SandboxInvoiceFactory,
)
from supportai.core import clock
from supportai.core.models import OutboxEvent

pytestmark = pytest.mark.django_db

State = ActionExecution.State


class PowerCut(BaseException):
    """What no handler catches."""


def spec_with(monkeypatch, name, **changes):
    spec = actions.find_action(name)
    assert spec is not None
    monkeypatch.setitem(actions._specs, name, replace(spec, **changes))


def die_before(*_args, **_kwargs):
    raise PowerCut


def finished() -> list[dict]:
    return list(OutboxEvent.objects.filter(name__endswith="ExecutionFinished").values_list("payload", flat=True))


def lapse(**changes):
    """End every lease, as time would."""
    ActionExecution.objects.update(lease_until=Now() - timedelta(seconds=1), **changes)


class TestCrashes:
    """A worker dies at some point; another goes on."""

    @pytest.fixture
    def charge(self, shop):
        return SandboxChargeFactory(id="ch_1")

    def cut(self, shop, monkeypatch, run):
        with monkeypatch.context() as patch:
            spec_with(patch, "sandbox.refund_charge", run=run)
            with pytest.raises(PowerCut):
                shop.refund("ch_1")
        return ActionExecution.objects.get()

    def test_a_call_that_never_left_is_made_once(self, shop, charge, monkeypatch):
        left = self.cut(shop, monkeypatch, die_before)
        assert (left.state, left.attempts) == (State.SENT, 1)
        lapse()
        assert resume_executions() == 1
        left.refresh_from_db()
        assert (left.state, left.attempts, left.result["refund_id"]) == (State.SUCCEEDED, 2, "re_1")
        charge.refresh_from_db()
        assert charge.refunded_cents == 4900
        assert [event["state"] for event in finished()] == ["succeeded"]
        assert resume_executions() == 0

    def test_a_call_that_was_made_but_not_recorded_is_found_and_never_doubled(self, shop, charge, monkeypatch):
        real = actions.find_action("sandbox.refund_charge").run

        def made_then_cut(*args, **kwargs):
            real(*args, **kwargs)
            raise PowerCut

        left = self.cut(shop, monkeypatch, made_then_cut)
        lapse()
        resume_executions()
        left.refresh_from_db()
        assert (left.state, left.attempts, left.result["amount_cents"]) == (State.SUCCEEDED, 1, 4900)
        assert SandboxCall.objects.count() == 1

    def test_a_call_that_was_stored_and_nothing_more_is_made(self, shop, charge):
        done = shop.refund("ch_1", 100)
        SandboxCall.objects.all().delete()
        charge.refunded_cents = 0
        charge.save()
        lapse(state=State.SENT, attempts=0, result={})
        resume_executions()
        done.refresh_from_db()
        assert (done.state, done.attempts) == (State.SUCCEEDED, 1)

    def test_a_worker_that_still_works_is_left_alone(self, shop, charge, monkeypatch):
        left = self.cut(shop, monkeypatch, die_before)
        assert resume_executions() == 0
        again = shop.refund("ch_1")
        assert (again.pk, again.state) == (left.pk, State.SENT)
        charge.refresh_from_db()
        assert charge.refunded_cents == 0

    def test_the_same_call_again_settles_what_a_dead_worker_left(self, shop, charge, monkeypatch):
        self.cut(shop, monkeypatch, die_before)
        lapse()
        assert shop.refund("ch_1").state == State.SUCCEEDED

    def test_a_call_left_behind_is_not_made_once_it_is_switched_off(self, shop, charge, monkeypatch):
        left = self.cut(shop, monkeypatch, die_before)
        lapse()
        Installation.objects.update(can_act=False)
        resume_executions()
        left.refresh_from_db()
        assert left.state == State.FAILED
        charge.refresh_from_db()
        assert charge.refunded_cents == 0

    def test_a_look_up_left_behind_is_announced_to_who_waits_for_it(self, shop, monkeypatch):
        with monkeypatch.context() as patch:
            spec_with(patch, "sandbox.find_charges", run=die_before)
            with pytest.raises(PowerCut):
                shop.run("billing.find_charges")
        lapse()
        resume_executions()
        assert [event["state"] for event in finished()] == ["succeeded"]

    def test_it_is_not_tried_for_ever(self, shop, charge, monkeypatch):
        left = self.cut(shop, monkeypatch, die_before)
        shop.break_next("sandbox.refund_charge", times=99)
        lapse(attempts=3)
        resume_executions()
        left.refresh_from_db()
        assert (left.state, left.attempts) == (State.FAILED, 3)

    def test_one_broken_call_does_not_hold_up_the_next(self, shop, charge, monkeypatch):
        self.cut(shop, monkeypatch, die_before)
        SandboxInvoiceFactory(id="in_1")
        other = shop.run("billing.send_invoice", {"invoice_id": "in_1"})
        lapse(state=State.SENT)

        def broken(*_args):
            raise RuntimeError("bug")

        spec_with(monkeypatch, "sandbox.refund_charge", reconcile=broken)
        assert resume_executions() == 2
        other.refresh_from_db()
        assert other.state == State.SUCCEEDED

    def test_a_bug_in_a_connector_is_looked_up_like_a_time_out(self, shop, charge, monkeypatch):
        def buggy(*_args, **_kwargs):
            raise KeyError("refund")

        spec_with(monkeypatch, "sandbox.refund_charge", run=buggy)
        done = shop.refund("ch_1")
        assert (done.state, done.error) == (State.FAILED, "KeyError in the connector.")


class TestUnknown:
    """The other system did not answer, and cannot be asked yet."""

    @pytest.fixture
    def unknown(self, shop, monkeypatch):
        """Give a refund that was made, while nobody can tell."""
        SandboxChargeFactory(id="ch_1")
        shop.break_next("sandbox.refund_charge", "timeout_after")

        def away(*_args):
            raise ConnectorError("still away")

        with monkeypatch.context() as patch:
            spec_with(patch, "sandbox.refund_charge", reconcile=away)
            execution = shop.refund("ch_1")
        assert execution.state == State.UNKNOWN
        return execution

    def test_it_is_looked_up_later_and_not_called_again(self, shop, unknown):
        assert resume_executions() == 0
        lapse()
        assert resume_executions() == 1
        unknown.refresh_from_db()
        assert (unknown.state, unknown.attempts, unknown.result["refund_id"]) == (State.SUCCEEDED, 1, "re_1")
        assert SandboxCharge.objects.get().refunded_cents == 4900
        assert [event["state"] for event in finished()] == ["unknown", "succeeded"]

    def test_asking_again_looks_it_up_at_once(self, shop, unknown):
        assert shop.refund("ch_1").state == State.SUCCEEDED
        assert SandboxCharge.objects.get().refunded_cents == 4900

    def test_it_stays_unknown_while_nobody_can_tell_and_says_so_once(self, shop, unknown, monkeypatch):
        def away(*_args):
            raise ConnectorError("still away")

        spec_with(monkeypatch, "sandbox.refund_charge", reconcile=away)
        for _ in range(3):
            lapse()
            resume_executions()
        unknown.refresh_from_db()
        assert (unknown.state, unknown.error) == (State.UNKNOWN, "still away")
        assert len(finished()) <= 2

    def test_after_a_day_it_waits_for_a_person(self, shop, unknown):
        lapse()
        with clock.moved(timedelta(days=1, seconds=1)):
            assert resume_executions() == 0

    def test_without_a_look_up_it_is_never_taken_for_undone(self, shop, monkeypatch):
        SandboxInvoiceFactory(id="in_1")
        spec_with(monkeypatch, "sandbox.send_invoice", reconcile=None)
        shop.break_next("sandbox.send_invoice", "timeout_after")
        done = shop.run("billing.send_invoice", {"invoice_id": "in_1"})
        lapse()
        resume_executions()
        done.refresh_from_db()
        assert (done.state, done.attempts) == (State.UNKNOWN, 1)

    def test_an_action_that_is_gone_leaves_its_calls_unknown(self, shop, unknown):
        lapse(action="sandbox.gone")
        resume_executions()
        unknown.refresh_from_db()
        assert unknown.state == State.UNKNOWN
        assert "sandbox.gone" in unknown.error

    def test_a_slow_worker_does_not_overwrite_a_success(self, shop):
        SandboxChargeFactory(id="ch_1")
        done = shop.refund("ch_1")
        late = ActionExecution.objects.get()
        assert record(late, State.FAILED, error="too late").state == State.SUCCEEDED
        done.refresh_from_db()
        assert (done.state, done.error) == (State.SUCCEEDED, "")


class TestApprovedCalls:
    """A person said yes to frozen arguments; the rules are checked again when the call is made."""

    @pytest.fixture
    def waiting(self, shop):
        SandboxChargeFactory(id="ch_1", amount_cents=20_000)
        return shop.refund("ch_1")

    @pytest.fixture
    def lead(self, django_user_model):
        return django_user_model.objects.create_user("lead@fernway.example", name="Lead")

    def approved(self, waiting, lead):
        approve(approval_id=waiting.approval.pk, user_id=lead.pk)
        waiting.refresh_from_db()
        assert waiting.state == State.APPROVED
        return waiting

    def test_it_is_made_once(self, shop, waiting, lead):
        self.approved(waiting, lead)
        assert [run_approved(waiting.pk).state, run_approved(waiting.pk).state] == [State.SUCCEEDED] * 2
        assert shop.refund("ch_1").pk == waiting.pk
        assert SandboxCharge.objects.get().refunded_cents == 20_000

    def test_before_the_yes_nothing_is_made(self, shop, waiting):
        assert run_approved(waiting.pk).state == State.PLANNED
        assert shop.refund("ch_1").state == State.PLANNED
        assert resume_executions() == 0
        assert SandboxCharge.objects.get().refunded_cents == 0

    def test_the_sweep_makes_what_no_worker_made(self, waiting, lead):
        self.approved(waiting, lead)
        assert resume_executions() == 1
        assert SandboxCharge.objects.get().refunded_cents == 20_000

    @pytest.mark.parametrize("way", [run_approved, lambda pk: resume_executions()])
    @pytest.mark.parametrize(
        "change",
        [
            lambda shop: SandboxCharge.objects.update(contact="bob@northwind.example"),
            lambda shop: SandboxCharge.objects.all().delete(),
            lambda shop: Installation.objects.update(can_act=False),
            lambda shop: shop.policy("billing.refund_charge", mode="deny"),
            lambda shop: type(shop.ana).objects.filter(pk=shop.ana.pk).update(is_verified=False),
        ],
        ids=["not the owner any more", "gone", "installation off", "policy denies", "not verified any more"],
    )
    def test_it_is_not_made_when_the_rules_forbid_it_by_then(self, shop, waiting, lead, change, way):
        self.approved(waiting, lead)
        change(shop)
        way(waiting.pk)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.attempts) == (State.FAILED, 0)
        assert not SandboxCharge.objects.filter(refunded_cents__gt=0).exists()
        assert finished()[-1]["state"] == "failed"

    def test_the_amount_is_the_one_that_people_saw(self, shop, waiting, lead):
        SandboxCharge.objects.update(amount_cents=90_000)
        self.approved(waiting, lead)
        assert run_approved(waiting.pk).result["amount_cents"] == 20_000

    def test_less_left_than_people_saw_refunds_nothing(self, waiting, lead):
        self.approved(waiting, lead)
        SandboxCharge.objects.update(refunded_cents=100)
        assert run_approved(waiting.pk).state == State.FAILED
        assert SandboxCharge.objects.get().refunded_cents == 100

    def test_an_approved_call_that_failed_needs_no_second_yes(self, shop, waiting, lead):
        self.approved(waiting, lead)
        shop.break_next("sandbox.refund_charge")
        assert run_approved(waiting.pk).state == State.FAILED
        assert shop.refund("ch_1").state == State.SUCCEEDED
