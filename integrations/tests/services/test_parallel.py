"""Calls at the same moment, from threads with connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from integrations.models import ActionExecution, Approval, SandboxAccount, SandboxCharge, SandboxRefund
from integrations.tests.conftest import Shop
from integrations.tests.factories import SandboxAccountFactory, SandboxChargeFactory

pytestmark = pytest.mark.django_db(transaction=True)

State = ActionExecution.State


def together(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls at once; what they return, in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(timeout=10)
        try:
            return call()
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

    def unlock(episode: str) -> str:
        try:
            return shop.run("accounts.unlock_account", {"account_id": "acc_1"}, episode=episode).state
        except Exception as exc:  # noqa: BLE001 - the test looks at what it is
            return str(getattr(exc, "rule", exc))

    done = together([partial(unlock, f"ticket:t{n}:1") for n in range(5)])
    assert sorted(done) == ["succeeded"] * 3 + ["too_many_today"] * 2
    assert SandboxAccount.objects.get().status == "active"
