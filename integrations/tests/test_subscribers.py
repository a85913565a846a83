"""What integrations react to."""

from datetime import timedelta

import pytest

from accounts.tests.factories import UserFactory
from integrations.events import ApprovalDecided
from integrations.models import ActionExecution, Approval, SandboxCharge
from integrations.services.approvals import approve, expire_approvals
from integrations.services.calls import resume_executions
from integrations.subscribers import run_approved_call
from integrations.tests.factories import SandboxChargeFactory
from supportai.core import clock, sweeps

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(shop):
    SandboxChargeFactory(id="ch_1", amount_cents=20_000)
    return shop.refund("ch_1")


@pytest.mark.parametrize("state", ["denied", "expired"])
def test_only_a_yes_makes_the_call(waiting, state):
    run_approved_call(ApprovalDecided(approval_id=waiting.approval.pk, execution_id=waiting.pk, state=state))
    assert SandboxCharge.objects.get().refunded_cents == 0


def test_a_yes_that_is_told_twice_makes_the_call_once(waiting):
    approve(approval_id=waiting.approval.pk, user_id=UserFactory(role="lead").pk)
    event = ApprovalDecided(approval_id=waiting.approval.pk, execution_id=waiting.pk, state="approved")
    run_approved_call(event)
    run_approved_call(event)
    assert ActionExecution.objects.get().attempts == 1
    assert SandboxCharge.objects.get().refunded_cents == 20_000


def test_a_yes_that_nobody_heard_is_found_by_the_sweep(waiting):
    approve(approval_id=waiting.approval.pk, user_id=UserFactory(role="lead").pk)
    assert resume_executions in sweeps._sweeps
    resume_executions()
    assert SandboxCharge.objects.get().refunded_cents == 20_000


def test_the_sweep_ends_what_nobody_decided(waiting):
    assert expire_approvals in sweeps._sweeps
    with clock.moved(timedelta(hours=25)):
        expire_approvals()
    assert Approval.objects.get().state == "expired"
    assert SandboxCharge.objects.get().refunded_cents == 0
