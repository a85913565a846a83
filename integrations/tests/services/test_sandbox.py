"""Rows of the sandbox as scenarios write them, its defaults, and reading its state."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.actions import all_actions
from integrations.models import (
    ActionPolicy,
    Binding,
    Installation,
    SandboxAccount,
    SandboxCharge,
    SandboxContact,
    SandboxFault,
    SandboxIntegration,
    SandboxInvoice,
    SandboxOrganization,
)
from integrations.services.sandbox import ensure_sandbox, load_sandbox, moved_time, sandbox_value
from integrations.tests.factories import ANA
from supportai.core.errors import InvalidInputError

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
CHARGE = {"id": "ch_1", "contact": ANA, "amount_cents": 4900, "currency": "usd", "created": "-1d", "description": "Pro"}


def load(**tables):
    return load_sandbox(tables, now=NOW)


class TestDefaults:
    """The sandbox can be used at once, and what an admin changed stays."""

    def test_every_action_is_bound_and_has_a_policy(self):
        installation = ensure_sandbox()
        names = {spec.capability: spec.name for spec in all_actions() if spec.kind == "sandbox"}
        assert installation.may_act
        assert dict(Binding.objects.values_list("capability", "action")) == names
        assert set(ActionPolicy.objects.values_list("capability", flat=True)) == set(names)

    @pytest.mark.parametrize(
        ("capability", "limit", "count"),
        [
            ("billing.refund_charge", 10_000, None),
            ("billing.apply_credit", 5_000, None),
            ("billing.cancel_subscription", None, 1),
            ("billing.change_plan", None, 1),
            ("accounts.grant_role", None, 1),
            ("accounts.send_password_reset", None, 3),
            ("accounts.unlock_account", None, 3),
            ("billing.send_invoice", None, 3),
            ("technical.resync_integration", None, 3),
        ],
    )
    def test_limits_are_those_of_the_demo(self, capability, limit, count):
        ensure_sandbox()
        policy = ActionPolicy.objects.get(capability=capability)
        assert (policy.limit_cents, policy.daily_count) == (limit, count)

    def test_running_twice_changes_nothing_that_an_admin_changed(self):
        ensure_sandbox()
        ActionPolicy.objects.filter(capability="billing.refund_charge").update(limit_cents=1, mode="ask")
        Installation.objects.update(can_act=False)
        ensure_sandbox()
        policy = ActionPolicy.objects.get(capability="billing.refund_charge")
        assert (policy.limit_cents, policy.mode) == (1, "ask")
        assert not Installation.objects.get().can_act


class TestRows:
    """What a scenario may leave out, and what it may not."""

    def test_rows_of_every_table_are_stored_and_counted(self):
        count = load(
            contacts=[{"email": ANA, "name": "Ana", "organization": "Northwind", "plan": "pro"}],
            organizations=[{"name": "Northwind", "plan": "pro", "mrr_cents": 4900, "sso": True, "admin": ANA}],
            accounts=[
                {"id": "acc_1", "contact": ANA, "status": "locked", "last_login": "-2h", "roles": [], "mfa": True}
            ],
            subscriptions=[{"id": "sub_1", "organization": "Northwind", "plan": "pro", "renews": "20d"}],
            charges=[CHARGE],
            invoices=[{"id": "in_1", "charge": "ch_1", "number": "INV-1", "url": "https://pay.example/1"}],
            credits=[{"contact": ANA, "amount_cents": 100, "currency": "usd", "reason": "late", "status": "active"}],
            orders=[{"id": "1042", "contact": ANA, "status": "delayed", "tracking": "TR-1"}],
            integrations=[{"id": "int_1", "contact": ANA, "name": "Slack", "status": "error", "last_sync": "-40m"}],
            issues=[{"title": "Broken", "body": "b"}],
            faults=[{"action": "sandbox.find_charges", "kind": "error", "times": 2}],
        )
        assert count == 11
        assert SandboxFault.objects.get().times == 2
        assert SandboxOrganization.objects.get().sso
        assert sandbox_value("accounts.acc_1.roles") == []

    def test_what_is_left_out_is_the_columns_default(self):
        load(charges=[{"id": "ch_1", "contact": ANA, "amount_cents": 5}])
        charge = SandboxCharge.objects.get()
        assert (charge.refunded_cents, charge.status, charge.currency, charge.description) == (0, "paid", "usd", "")

    def test_an_empty_value_is_the_columns_default(self):
        load(integrations=[{"id": "int_1", "name": "Slack", "contact": ANA, "last_error": None, "last_sync": None}])
        assert (SandboxIntegration.objects.get().last_error, SandboxIntegration.objects.get().last_sync) == ("", None)

    def test_an_empty_table_has_no_rows(self):
        assert load_sandbox({"charges": None, "orders": []}, now=NOW) == 0  # type: ignore[dict-item]

    def test_a_generated_id_never_takes_the_place_of_a_given_one(self):
        nameless = {name: value for name, value in CHARGE.items() if name != "id"}
        load(charges=[nameless, CHARGE | {"amount_cents": 1}, nameless])
        assert sorted(SandboxCharge.objects.values_list("pk", "amount_cents")) == [
            ("ch_1", 1), ("ch_2", 4900), ("ch_3", 4900),
        ]  # fmt: skip

    def test_a_row_with_a_stored_id_replaces_it(self):
        load(charges=[CHARGE])
        load(charges=[CHARGE | {"description": "Team"}])
        assert SandboxCharge.objects.get().description == "Team"

    def test_people_and_companies_are_known_by_address_and_name(self):
        load(contacts=[{"email": ANA}], organizations=[{"name": "Northwind"}])
        load(
            contacts=[{"id": "con_9", "email": ANA, "name": "Ana"}], organizations=[{"name": "Northwind", "admin": ANA}]
        )
        assert SandboxContact.objects.values_list("pk", "name").get() == ("con_9", "Ana")
        assert SandboxOrganization.objects.values_list("pk", "admin").get() == ("org_1", ANA)

    @pytest.mark.parametrize("owner", [{"contact": ANA}, {"organization": "Northwind"}])
    def test_an_invoice_belongs_to_whom_its_charge_belongs_to(self, owner):
        charge = {"id": "ch_1", "amount_cents": 4900, **owner}
        load(invoices=[{"id": "in_1", "charge": "ch_1"}, {"id": "in_2", "charge": "ch_gone"}], charges=[charge])
        stored = {row.pk: (row.contact, row.organization) for row in SandboxInvoice.objects.all()}
        assert stored == {"in_1": (owner.get("contact", ""), owner.get("organization", "")), "in_2": ("", "")}

    def test_an_invoice_with_an_owner_keeps_it(self):
        load(charges=[CHARGE], invoices=[{"id": "in_1", "charge": "ch_1", "contact": "ben@northwind.example"}])
        assert SandboxInvoice.objects.get().contact == "ben@northwind.example"

    @pytest.mark.parametrize(
        ("tables", "named"),
        [
            ({"chargez": []}, "chargez"),
            ({"charges": [CHARGE | {"colour": "red"}]}, "colour"),
            ({"charges": [CHARGE | {"amount_cents": "many"}]}, "amount_cents"),
            ({"charges": [{"id": "ch_1", "contact": ANA}]}, "amount_cents"),
            ({"charges": [CHARGE | {"contact": "Ana"}]}, "contact"),
            ({"charges": [CHARGE | {"created": "yesterday"}]}, "yesterday"),
            ({"accounts": [{"id": "acc_1", "contact": ANA, "roles": "admin"}]}, "roles"),
            ({"faults": [{"action": "sandbox.find_charges", "kind": "explode"}]}, "kind"),
            ({"faults": [{"action": "sandbox.find_charges", "kind": "error", "when": 1}]}, "when"),
        ],
        ids=str,
    )
    def test_what_does_not_fit_is_named_and_nothing_is_stored(self, tables, named):
        with pytest.raises(InvalidInputError, match=named):
            load(orders=[{"id": "1042"}], **tables)
        assert not SandboxAccount.objects.exists()
        assert not SandboxCharge.objects.exists()
        with pytest.raises(InvalidInputError):
            sandbox_value("orders.1042.status")


class TestTimes:
    """Times are offsets from now."""

    @pytest.mark.parametrize(
        ("text", "delta"),
        [
            ("-40m", timedelta(minutes=-40)),
            ("-2h", timedelta(hours=-2)),
            ("-1d", timedelta(days=-1)),
            ("20d", timedelta(days=20)),
            ("+20d", timedelta(days=20)),
            (" 5s ", timedelta(seconds=5)),
        ],
    )
    def test_an_offset_moves_now(self, text, delta):
        assert moved_time(text, NOW) == NOW + delta

    @pytest.mark.parametrize("text", ["2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05", "2026-01-02T04:04:05+01:00"])
    def test_an_iso_time_is_taken_as_it_is_in_utc_when_it_names_no_zone(self, text):
        assert moved_time(text, NOW) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["", "soon", "1w", "--1d", "1.5h"])
    def test_anything_else_is_named(self, text):
        with pytest.raises(InvalidInputError, match="no time"):
            moved_time(text, NOW)


class TestState:
    """A path names table, row and field."""

    def test_a_value_is_read(self):
        load(charges=[CHARGE])
        assert sandbox_value("charges.ch_1.refunded_cents") == 0
        assert sandbox_value("charges.ch_1.created") == NOW - timedelta(days=1)

    def test_an_id_may_hold_dots(self):
        load(orders=[{"id": "2026.03.1", "status": "shipped"}])
        assert sandbox_value("orders.2026.03.1.status") == "shipped"

    @pytest.mark.parametrize(
        "path", ["", "charges", "charges.ch_1", "charges.ch_2.status", "charges.ch_1.delete", "faults.1.kind"]
    )
    def test_what_is_not_there_is_named(self, path):
        load(charges=[CHARGE])
        with pytest.raises(InvalidInputError):
            sandbox_value(path)
