"""People decide on frozen calls."""

from datetime import timedelta

import pytest

from accounts.tests.factories import UserFactory
from integrations.errors import ActionRefusedError, ApprovalNotPendingError, ApprovedTwiceError
from integrations.models import ActionExecution, Approval, SandboxCharge
from integrations.services.approvals import approve, deny, expire_approvals
from integrations.tests.factories import ApprovalFactory, SandboxChargeFactory
from supportai.core import clock
from supportai.core.models import OutboxEvent

pytestmark = pytest.mark.django_db

State = ActionExecution.State


@pytest.fixture
def lead():
    return UserFactory(role="lead", name="Ines Moreau")


@pytest.fixture
def waiting(shop):
    """Give a refund above the limit."""
    SandboxChargeFactory(id="ch_1", amount_cents=20_000)
    return shop.refund("ch_1")


def events() -> list[tuple[str, str]]:
    rows = OutboxEvent.objects.order_by("pk").values_list("name", "payload")
    return [(name.rpartition(".")[2], payload.get("state", "")) for name, payload in rows]


def test_people_are_asked_and_nothing_is_called(waiting):
    approval = waiting.approval
    assert (approval.state, approval.needed, approval.decisions) == ("pending", 1, [])
    assert approval.expires_at - clock.now() > timedelta(hours=23)
    assert events() == [("ApprovalRequested", "")]
    assert SandboxCharge.objects.get().refunded_cents == 0


def test_a_yes_makes_the_call_after_the_commit(waiting, lead, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        approve(approval_id=waiting.approval.pk, user_id=lead.pk)
        assert SandboxCharge.objects.get().refunded_cents == 0
    waiting.refresh_from_db()
    assert waiting.state == State.SUCCEEDED
    assert SandboxCharge.objects.get().refunded_cents == 20_000
    assert events() == [("ApprovalRequested", ""), ("ApprovalDecided", "approved"), ("ExecutionFinished", "succeeded")]
    decision = Approval.objects.get().decisions[0]
    assert (decision["user_id"], decision["name"], decision["is_yes"]) == (lead.pk, "Ines Moreau", True)


def test_a_no_ends_it_and_the_call_stays_refused(shop, waiting, lead):
    approval = deny(approval_id=waiting.approval.pk, user_id=lead.pk, why="Too much.")
    waiting.refresh_from_db()
    assert (approval.state, waiting.state, waiting.error) == ("denied", State.FAILED, "Denied. Too much.")
    assert waiting.attempts == 0
    assert events()[1:] == [("ApprovalDecided", "denied"), ("ExecutionFinished", "failed")]
    with pytest.raises(ActionRefusedError) as caught:
        shop.refund("ch_1")
    assert caught.value.rule == "not_approved"
    assert SandboxCharge.objects.get().refunded_cents == 0


@pytest.mark.parametrize("first", [approve, deny])
@pytest.mark.parametrize("then", [approve, deny])
def test_it_is_decided_once(waiting, lead, first, then):
    first(approval_id=waiting.approval.pk, user_id=lead.pk)
    with pytest.raises(ApprovalNotPendingError):
        then(approval_id=waiting.approval.pk, user_id=UserFactory(role="lead").pk)


class TestTwoPeople:
    """Above five times the limit."""

    @pytest.fixture
    def approval(self, shop):
        SandboxChargeFactory(id="ch_1", amount_cents=50_001)
        return shop.refund("ch_1").approval

    def test_one_person_is_not_two(self, approval, lead):
        approve(approval_id=approval.pk, user_id=lead.pk)
        with pytest.raises(ApprovedTwiceError):
            approve(approval_id=approval.pk, user_id=lead.pk)
        approval.refresh_from_db()
        assert (approval.state, len(approval.decisions)) == ("pending", 1)
        assert ActionExecution.objects.get().state == State.PLANNED

    def test_the_second_person_lets_it_through(self, approval, lead):
        approve(approval_id=approval.pk, user_id=lead.pk)
        second = approve(approval_id=approval.pk, user_id=UserFactory(role="lead").pk)
        assert second.state == "approved"
        assert ActionExecution.objects.get().state == State.APPROVED

    def test_a_no_after_a_yes_wins(self, approval, lead):
        approve(approval_id=approval.pk, user_id=lead.pk)
        assert deny(approval_id=approval.pk, user_id=UserFactory(role="lead").pk).state == "denied"

    def test_who_said_yes_may_still_say_no(self, approval, lead):
        approve(approval_id=approval.pk, user_id=lead.pk)
        assert deny(approval_id=approval.pk, user_id=lead.pk).state == "denied"


class TestRunningOut:
    """Silence is never a yes."""

    def test_nobody_decided(self, shop, waiting):
        assert expire_approvals() == 0
        with clock.moved(timedelta(hours=25)):
            assert (expire_approvals(), expire_approvals()) == (1, 0)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.error) == (State.FAILED, "Nobody decided in time.")
        assert events()[1:] == [("ApprovalDecided", "expired"), ("ExecutionFinished", "failed")]
        with pytest.raises(ActionRefusedError):
            shop.refund("ch_1")

    def test_a_late_yes_counts_for_nothing(self, waiting, lead):
        with clock.moved(timedelta(hours=25)), pytest.raises(ApprovalNotPendingError):
            approve(approval_id=waiting.approval.pk, user_id=lead.pk)
        assert Approval.objects.get().state == "pending"

    def test_what_was_decided_does_not_run_out(self, waiting, lead):
        approve(approval_id=waiting.approval.pk, user_id=lead.pk)
        with clock.moved(timedelta(hours=25)):
            assert expire_approvals() == 0

    def test_one_yes_of_two_runs_out_too(self, lead):
        approval = ApprovalFactory(needed=2)
        approve(approval_id=approval.pk, user_id=lead.pk)
        with clock.moved(timedelta(hours=25)):
            assert expire_approvals() == 1
        approval.execution.refresh_from_db()
        assert approval.execution.state == State.FAILED


def test_a_long_reason_is_cut(waiting, lead):
    deny(approval_id=waiting.approval.pk, user_id=lead.pk, why="x" * 2000)
    assert len(Approval.objects.get().decisions[0]["why"]) == 300
    assert len(ActionExecution.objects.get().error) <= 500
