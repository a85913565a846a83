"""Staff take an action back."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from integrations.errors import NotUndoableError
from integrations.models import (
    ActionExecution,
    Installation,
    SandboxAccount,
    SandboxCredit,
    SandboxSubscription,
)
from integrations.services.calls import compensate
from integrations.tests.factories import (
    ANA,
    SandboxAccountFactory,
    SandboxChargeFactory,
    SandboxSubscriptionFactory,
)
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor
from supportai.core.models import OutboxEvent

pytestmark = pytest.mark.django_db

State = ActionExecution.State


def finished() -> list[dict]:
    return list(OutboxEvent.objects.filter(name__endswith="ExecutionFinished").values_list("payload", flat=True))


class TestUndo:
    """Staff take an action back."""

    def plan(self, shop):
        SandboxSubscriptionFactory(id="sub_1", plan="pro")
        return shop.run("billing.change_plan", {"subscription_id": "sub_1", "plan": "free"}, confirmation="q")

    def test_it_puts_back_what_was_there_and_says_who_did(self, shop):
        done = compensate(execution_id=self.plan(shop).pk, actor=Actor.staff(7))
        assert (done.state, done.result["undone_by"]) == (State.COMPENSATED, {"kind": "staff", "id": 7})
        assert SandboxSubscription.objects.get().plan == "pro"
        assert finished()[-1]["state"] == "compensated"

    def test_it_is_undone_once(self, shop):
        done = self.plan(shop)
        compensate(execution_id=done.pk, actor=SYSTEM)
        with pytest.raises(NotUndoableError):
            compensate(execution_id=done.pk, actor=SYSTEM)

    def test_what_was_changed_since_is_left_alone(self, shop):
        done = self.plan(shop)
        SandboxSubscription.objects.update(plan="enterprise")
        with pytest.raises(NotUndoableError, match="was changed since"):
            compensate(execution_id=done.pk, actor=SYSTEM)
        done.refresh_from_db()
        assert (done.state, done.lease_until) == (State.SUCCEEDED, None)

    def test_an_undo_that_crashed_half_way_can_be_done_again(self, shop):
        done = self.plan(shop)
        SandboxSubscription.objects.update(plan="pro")
        assert compensate(execution_id=done.pk, actor=SYSTEM).state == State.COMPENSATED

    def test_two_people_do_not_undo_at_once(self, shop):
        done = self.plan(shop)
        ActionExecution.objects.update(lease_until=Now() + timedelta(seconds=30))
        with pytest.raises(NotUndoableError, match="right now"):
            compensate(execution_id=done.pk, actor=SYSTEM)

    def test_the_window_is_a_day(self, shop):
        done = self.plan(shop)
        with clock.moved(timedelta(hours=24, seconds=1)), pytest.raises(NotUndoableError, match="time"):
            compensate(execution_id=done.pk, actor=SYSTEM)
        with clock.moved(timedelta(hours=23)):
            assert compensate(execution_id=done.pk, actor=SYSTEM).state == State.COMPENSATED

    def test_what_is_irreversible_stays(self, shop):
        SandboxChargeFactory(id="ch_1")
        with pytest.raises(NotUndoableError):
            compensate(execution_id=shop.refund("ch_1").pk, actor=SYSTEM)

    def test_what_did_not_happen_is_not_undone(self, shop):
        shop.break_next("sandbox.change_plan")
        with pytest.raises(NotUndoableError):
            compensate(execution_id=self.plan(shop).pk, actor=SYSTEM)

    def test_a_switched_off_installation_is_not_called(self, shop):
        done = self.plan(shop)
        Installation.objects.update(can_act=False)
        with pytest.raises(NotUndoableError):
            compensate(execution_id=done.pk, actor=SYSTEM)

    def test_a_credit_is_voided(self, shop):
        SandboxChargeFactory(id="ch_1")
        arguments = {"amount_cents": 900, "currency": "usd", "reason": "late"}
        done = shop.run("billing.apply_credit", arguments, confirmation="q")
        compensate(execution_id=done.pk, actor=SYSTEM)
        assert SandboxCredit.objects.get().status == "void"

    def test_a_subscription_goes_on(self, shop):
        SandboxSubscriptionFactory(id="sub_1", status="past_due")
        done = shop.run("billing.cancel_subscription", {"subscription_id": "sub_1"}, confirmation="q")
        compensate(execution_id=done.pk, actor=SYSTEM)
        assert SandboxSubscription.objects.get().status == "past_due"

    def test_an_account_is_locked_again(self, shop):
        SandboxAccountFactory(id="acc_1", status="locked")
        done = shop.run("accounts.unlock_account", {"account_id": "acc_1"})
        compensate(execution_id=done.pk, actor=SYSTEM)
        assert SandboxAccount.objects.get().status == "locked"

    def test_a_role_is_taken_away_and_later_ones_stay(self, shop):
        shop.make_admin(ANA)
        SandboxAccountFactory(id="acc_1", roles=["member"])
        done = shop.run("accounts.grant_role", {"account_id": "acc_1", "role": "billing"}, confirmation="q")
        SandboxAccount.objects.update(roles=["member", "billing", "viewer"])
        compensate(execution_id=done.pk, actor=SYSTEM)
        assert SandboxAccount.objects.get().roles == ["member", "viewer"]

    def test_a_role_that_was_there_before_stays(self, shop):
        shop.make_admin(ANA)
        SandboxAccountFactory(id="acc_1", roles=["billing"])
        done = shop.run("accounts.grant_role", {"account_id": "acc_1", "role": "billing"}, confirmation="q")
        compensate(execution_id=done.pk, actor=SYSTEM)
        assert SandboxAccount.objects.get().roles == ["billing"]
