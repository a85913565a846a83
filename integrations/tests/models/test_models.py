"""What the rows themselves hold to."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from integrations.models import ActionExecution, ActionPolicy, Binding, Installation
from integrations.tests.factories import (
    ActionExecutionFactory,
    ApprovalFactory,
    InstallationFactory,
    SandboxChargeFactory,
)
from supportai.core import clock

pytestmark = pytest.mark.django_db


def refuses_to_store(create) -> bool:
    try:
        with transaction.atomic():
            create()
    except IntegrityError:
        return True
    return False


def test_a_key_is_stored_once():
    row = ActionExecutionFactory()
    assert refuses_to_store(lambda: ActionExecutionFactory(idempotency_key=row.idempotency_key))


@pytest.mark.parametrize(
    ("state", "over"),
    [
        ("planned", False), ("approved", False), ("sent", False), ("unknown", False), ("succeeded", True),
        ("failed", True), ("compensated", True),
    ],
)  # fmt: skip
def test_an_execution_is_over_when_nothing_more_happens_by_itself(state, over):
    row = ActionExecutionFactory.build(state=state)
    assert row.is_over is over
    assert str(row) == f"sandbox.refund_charge {state}"


def test_every_state_but_failed_and_undone_counts():
    left_out = set(ActionExecution.State) - set(ActionExecution.COUNTED)
    assert left_out == {ActionExecution.State.FAILED, ActionExecution.State.COMPENSATED}


@pytest.mark.parametrize("state", ["approved", "denied", "expired"])
def test_a_decision_has_a_time(state):
    assert refuses_to_store(lambda: ApprovalFactory(state=state))
    assert refuses_to_store(lambda: ApprovalFactory(state="pending", decided_at=clock.now()))
    assert str(ApprovalFactory(state=state, decided_at=clock.now())) == f"sandbox.refund_charge: {state}"


def test_an_execution_waits_for_one_approval():
    approval = ApprovalFactory()
    assert refuses_to_store(lambda: ApprovalFactory(execution=approval.execution))


class TestInstallation:
    @pytest.mark.parametrize("state", Installation.State.values)
    @pytest.mark.parametrize("can_act", [True, False])
    def test_it_may_act_when_it_is_connected_and_switched_on(self, state, can_act):
        row = InstallationFactory.build(state=state, can_act=can_act)
        assert row.may_act is (can_act and state in {"active", "degraded"})

    def test_a_name_is_taken_once_in_a_kind(self):
        row = InstallationFactory()
        assert refuses_to_store(lambda: InstallationFactory(name=row.name))
        InstallationFactory(name=row.name, kind="stripe")
        assert str(row) == f"{row.name} (sandbox)"

    def test_credentials_are_encrypted_at_rest_and_in_no_history(self):
        from django.db import connection

        row = InstallationFactory(credentials="sk_live_secret")
        with connection.cursor() as cursor:
            cursor.execute("SELECT credentials FROM integrations_installation")
            stored = cursor.fetchone()[0]
        assert "sk_live_secret" not in stored
        assert Installation.objects.get().credentials == "sk_live_secret"
        assert not hasattr(row.history.get(), "credentials")


class TestBinding:
    def binding(self, **fields):
        values = {"capability": "billing.refund_charge", "action": "sandbox.refund_charge", **fields}
        installation: Any = InstallationFactory()
        return Binding(installation=installation, **values)

    def test_an_action_that_does_it_fits(self):
        self.binding().full_clean()

    @pytest.mark.parametrize(
        "fields",
        [
            {"action": "sandbox.gone"},
            {"action": "sandbox.find_charges"},
            {"capability": "billing.find_charges"},
            {"action": ""},
        ],
        ids=str,
    )
    def test_anything_else_does_not(self, fields):
        with pytest.raises(ValidationError):
            self.binding(**fields).full_clean()

    def test_a_change_is_kept_with_what_it_was(self):
        row = self.binding()
        row.save()
        row.action = "sandbox.other"
        row.save()
        assert list(row.history.values_list("action", flat=True)) == ["sandbox.other", "sandbox.refund_charge"]


@pytest.mark.parametrize(("level", "fits"), [("anonymous", False), ("claimed", False), ("mail_authenticated", True)])
def test_a_policy_needs_a_known_identity(level, fits):
    policy = ActionPolicy(capability="billing.refund_charge", identity_level=level)
    if fits:
        policy.full_clean()
    else:
        with pytest.raises(ValidationError):
            policy.full_clean()
    assert str(policy) == "billing.refund_charge: allow"


@pytest.mark.parametrize("cents", [-1, 4901])
def test_a_charge_is_never_refunded_beyond_its_amount(cents):
    assert refuses_to_store(lambda: SandboxChargeFactory(refunded_cents=cents))
