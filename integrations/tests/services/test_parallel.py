"""Calls at the same moment, from threads with connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.tests.factories import UserFactory
from integrations.errors import ActionRefusedError, NotUndoableError
from integrations.models import ActionExecution, Approval, SandboxAccount, SandboxCharge, SandboxRefund
from integrations.services.approvals import approve
from integrations.services.calls import compensate, resume_executions, run_approved
from integrations.tests.conftest import Shop
from integrations.tests.factories import SandboxAccountFactory, SandboxChargeFactory, SandboxSubscriptionFactory
from supportai.core.actors import SYSTEM
from supportai.core.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)

State = ActionExecution.State


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls at once; what they return, in order, or by which refusal they ended."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(timeout=10)
        try:
            return call()
        except DomainError as exc:
            return exc
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_refunds_side_by_side_stay_inside_the_limit():
    shop = Shop()
    charges = [SandboxChargeFactory(id=f"ch_{n}", amount_cents=4000) for n in range(6)]
    done = together([partial(shop.refund, charge.pk) for charge in charges])
    assert sorted(row.state for row in done) == [State.PLANNED] * 4 + [State.SUCCEEDED] * 2
    assert sum(SandboxCharge.objects.values_list("refunded_cents", flat=True)) == 8000
    assert Approval.objects.count() == 4
    assert sorted(SandboxRefund.objects.values_list("pk", flat=True)) == ["re_1", "re_2"]


def test_the_same_yes_from_six_workers_is_one_refund():
    shop = Shop()
    SandboxChargeFactory(id="ch_1")
    done = together([partial(shop.refund, "ch_1", 900)] * 6)
    assert len({row.pk for row in done}) == 1
    assert {row.state for row in done} <= {State.SENT, State.SUCCEEDED}
    assert shop.refund("ch_1", 900).state == State.SUCCEEDED
    assert SandboxCharge.objects.get().refunded_cents == 900
    assert ActionExecution.objects.get().attempts == 1


def test_two_customers_at_once_get_ids_in_order():
    shop = Shop()
    people = [shop.person(f"p{n}@northwind.example", shop.northwind) for n in range(4)]
    for number, person in enumerate(people):
        SandboxChargeFactory(id=f"ch_{number}", contact=person.email)
    calls = [partial(shop.refund, f"ch_{n}", by=person) for n, person in enumerate(people)]
    done = together(calls)
    assert sorted(row.result["refund_id"] for row in done) == ["re_1", "re_2", "re_3", "re_4"]


def test_a_days_count_holds_for_calls_side_by_side():
    shop = Shop()
    SandboxAccountFactory(id="acc_1", status="locked")

    unlock = partial(shop.run, "accounts.unlock_account", {"account_id": "acc_1"})
    done = together([partial(unlock, episode=f"ticket:t{n}:1") for n in range(5)])
    refused = [row for row in done if isinstance(row, ActionRefusedError)]
    assert {row.state for row in done if row not in refused} == {State.SUCCEEDED}
    assert [refusal.rule for refusal in refused] == ["too_many_today"] * 2
    assert SandboxAccount.objects.get().status == "active"


def test_parts_of_one_charge_do_not_pass_its_amount_together():
    shop = Shop()
    SandboxChargeFactory(id="ch_1", amount_cents=1000)
    together([partial(shop.refund, "ch_1", cents) for cents in (600, 601, 602, 603)])
    assert 600 <= SandboxCharge.objects.get().refunded_cents <= 603
    assert SandboxRefund.objects.count() == 1


def test_one_yes_is_one_call():
    shop = Shop()
    SandboxChargeFactory(id="ch_1")
    done = together([partial(shop.refund, "ch_1", cents, confirmation="q1") for cents in (100, 200, 300, 400)])
    rules = [row.rule for row in done if isinstance(row, ActionRefusedError)]
    assert rules == ["confirmation_used"] * 3
    assert SandboxRefund.objects.count() == 1


def test_an_approved_call_is_made_by_one_worker():
    shop = Shop()
    SandboxChargeFactory(id="ch_1", amount_cents=20_000)
    waiting = shop.refund("ch_1")
    Approval.objects.update(state="approved", decided_at=waiting.created_at)
    ActionExecution.objects.update(state=State.APPROVED)
    together([partial(run_approved, waiting.pk), resume_executions, partial(shop.refund, "ch_1")] * 2)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == (State.SUCCEEDED, 1)
    assert SandboxCharge.objects.get().refunded_cents == 20_000


def test_two_yeses_of_one_person_are_not_two_people():
    shop = Shop()
    SandboxChargeFactory(id="ch_1", amount_cents=60_000)
    approval = shop.refund("ch_1").approval
    one, two = UserFactory(role="lead"), UserFactory(role="lead")
    together([partial(approve, approval_id=approval.pk, user_id=user.pk) for user in (one, one, two)])
    approval.refresh_from_db()
    assert approval.state == Approval.State.APPROVED
    assert sorted(given["user_id"] for given in approval.decisions) == [one.pk, two.pk]
    assert SandboxCharge.objects.get().refunded_cents == 60_000


def test_an_action_is_undone_once():
    shop = Shop()
    SandboxSubscriptionFactory(id="sub_1")
    change = {"subscription_id": "sub_1", "plan": "free"}
    done = shop.run("billing.change_plan", change, confirmation="q1")
    results = together([partial(compensate, execution_id=done.pk, actor=SYSTEM)] * 4)
    assert sum(isinstance(result, NotUndoableError) for result in results) == 3


def test_nothing_is_called_inside_a_transaction():
    shop = Shop()
    SandboxChargeFactory(id="ch_1")
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        shop.refund("ch_1")
    assert SandboxCharge.objects.get().refunded_cents == 0
