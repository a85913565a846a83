"""Filling the sandbox from scenarios, and reading it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.models import (
    ActionPolicy,
    Binding,
    SandboxAccount,
    SandboxCharge,
    SandboxContact,
    SandboxFault,
    SandboxInvoice,
    SandboxOrganization,
)
from integrations.services.sandbox import ensure_sandbox, load_sandbox, moved_time, sandbox_value
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
CHARGE = {"id": "ch_1", "contact": "ana@northwind.example", "amount_cents": 4900, "created": "-1d"}


class TestSettingUp:
    def test_every_capability_is_bound_and_has_the_demos_limits(self):
        installation = ensure_sandbox()
        assert installation.may_act
        assert Binding.objects.filter(installation=installation).count() == 16
        limits = dict(ActionPolicy.objects.values_list("capability", "limit_cents"))
        assert (limits["billing.refund_charge"], limits["billing.apply_credit"]) == (10_000, 5000)
        counts = dict(ActionPolicy.objects.values_list("capability", "daily_count"))
        assert (counts["accounts.grant_role"], counts["billing.send_invoice"]) == (1, 3)

    def test_what_an_admin_changed_stays(self):
        ensure_sandbox()
        ActionPolicy.objects.filter(capability="billing.refund_charge").update(limit_cents=1, mode="deny")
        Binding.objects.filter(capability="issues.file").delete()
        ensure_sandbox()
        policy = ActionPolicy.objects.get(capability="billing.refund_charge")
        assert (policy.limit_cents, policy.mode) == (1, "deny")
        assert Binding.objects.filter(capability="issues.file").exists()


class TestLoading:
    def test_rows_are_stored_with_times_from_now(self):
        assert load_sandbox({"charges": [CHARGE], "orders": [{"id": "ord_1", "status": "shipped"}]}, now=NOW) == 2
        charge = SandboxCharge.objects.get()
        assert (charge.created, charge.currency, charge.refunded_cents) == (NOW - timedelta(days=1), "usd", 0)

    def test_missing_ids_are_made_and_never_take_a_given_one(self):
        rows: list[dict[str, Any]] = [{"amount_cents": 1}, {"id": "ch_1", "amount_cents": 2}, {"amount_cents": 3}]
        load_sandbox({"charges": rows}, now=NOW)
        assert SandboxCharge.objects.count() == 3
        assert SandboxCharge.objects.get(pk="ch_1").amount_cents == 2

    def test_a_row_again_replaces_it(self):
        load_sandbox({"charges": [CHARGE]}, now=NOW)
        load_sandbox({"charges": [{**CHARGE, "amount_cents": 100}]}, now=NOW)
        assert SandboxCharge.objects.get().amount_cents == 100

    def test_people_and_companies_are_known_by_address_and_name(self):
        for plan in ("pro", "enterprise"):
            load_sandbox(
                {
                    "contacts": [{"email": "ana@northwind.example", "plan": plan}],
                    "organizations": [{"name": "Northwind", "sso": True, "admin": "ana@northwind.example"}],
                },
                now=NOW,
            )
        assert SandboxContact.objects.get().plan == "enterprise"
        assert SandboxOrganization.objects.get().sso

    def test_an_invoice_belongs_to_whom_its_charge_belongs_to(self):
        load_sandbox({"invoices": [{"id": "in_1", "charge": "ch_1"}], "charges": [CHARGE]}, now=NOW)
        assert SandboxInvoice.objects.get().contact == "ana@northwind.example"

    def test_faults_are_planned(self):
        load_sandbox({"faults": [{"action": "sandbox.refund_charge", "kind": "timeout_after", "times": 2}]}, now=NOW)
        assert str(SandboxFault.objects.get()) == "sandbox.refund_charge timeout_after x2"

    def test_a_list_of_nothing_is_fine(self):
        load_sandbox({"accounts": [{"id": "acc_1", "roles": []}], "charges": []}, now=NOW)
        assert SandboxAccount.objects.get().roles == []

    @pytest.mark.parametrize(
        ("tables", "named"),
        [
            ({"cars": [{}]}, "cars"),
            ({"charges": [{**CHARGE, "colour": "red"}]}, "colour"),
            ({"charges": [{**CHARGE, "amount_cents": "much"}]}, "amount_cents"),
            ({"charges": [{"id": "ch_1"}]}, "amount_cents"),
            ({"charges": [{**CHARGE, "created": "yesterday"}]}, "yesterday"),
            ({"accounts": [{"id": "acc_1", "roles": "admin"}]}, "roles"),
            ({"faults": [{"action": "x", "kind": "explode"}]}, "kind"),
        ],
        ids=str,
    )
    def test_a_mistake_is_named_and_nothing_is_stored(self, tables, named):
        with pytest.raises(InvalidInputError, match=named):
            load_sandbox({"orders": [{"id": "ord_1"}], **tables}, now=NOW)
        assert not SandboxCharge.objects.exists()
        assert not sandbox_has("orders.ord_1.status")


def sandbox_has(path: str) -> bool:
    try:
        return bool(sandbox_value(path))
    except InvalidInputError:
        return False


class TestReading:
    def test_a_path_is_table_id_and_field(self):
        load_sandbox({"charges": [{**CHARGE, "id": "ch.with.dots"}]}, now=NOW)
        assert sandbox_value("charges.ch.with.dots.amount_cents") == 4900

    @pytest.mark.parametrize(
        "path", ["cars.1.x", "charges.ch_2.status", "charges.ch_1.colour", "charges.ch_1.delete", "x", ""]
    )
    def test_what_is_not_there_is_named(self, path):
        load_sandbox({"charges": [CHARGE]}, now=NOW)
        with pytest.raises(InvalidInputError):
            sandbox_value(path)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("-40m", -2400), ("-2h", -7200), ("-1d", -86_400), ("20d", 1_728_000), ("+5s", 5), (" 5s ", 5)],
)
def test_times_are_offsets(text, seconds):
    assert moved_time(text, NOW) - NOW == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["2026-03-10T12:00:00+00:00", "2026-03-10T12:00:00Z", "2026-03-10 12:00"])
def test_times_may_be_written_out(text):
    assert moved_time(text, NOW + timedelta(days=5)) == NOW


@pytest.mark.parametrize("text", ["", "soon", "-", "1w", "--1d", "1.5h"])
def test_anything_else_is_no_time(text):
    with pytest.raises(InvalidInputError):
        moved_time(text, NOW)
