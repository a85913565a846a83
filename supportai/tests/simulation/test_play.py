"""Scenarios are played like a widget would, and whatever went wrong is noticed."""

import pytest

from accounts.models import Contact
from integrations.models import ActionExecution, Approval, SandboxAccount, SandboxCharge
from integrations.services.sandbox import ensure_sandbox
from supportai.core import clock
from supportai.simulation import play as play_module
from supportai.simulation.judge import judge, outcome_of
from supportai.simulation.play import play
from supportai.tests.simulation.builders import ANA, TWICE, scenario
from tickets.models import Message, Ticket


def test_a_refund_after_a_yes_passes_and_reports_calls_and_replies(stage):
    expect = {
        "outcome": "resolved",
        "ledger": ["verified", "confirmed"],
        "calls": [{"action": "sandbox.refund_charge", "arguments": [{"charge_id": "ch_9"}, {"amount_cents": 4900}], "times": 1}],
        "never": ["sandbox.cancel_subscription", {"action": "sandbox.refund_charge", "arguments": {"charge_id": "ch_9"}}],
        "state": {"any": [{"charges.ch_1.refunded_cents": 4900}, {"charges.ch_2.refunded_cents": 4900}]},
        "reply_contains": ["49", ["nonsense", "refunded"]],
        "reply_lacks": ["nonsense"],
        "triage": {"intent": "double_charge", "priority": ["high", "urgent"], "team": "billing"},
    }  # fmt: skip
    entry = play(scenario("I was charged twice this month", "yes please", expect=expect))
    assert entry["failures"] == []
    assert (entry["passed"], entry["outcome"]) == (True, "resolved")
    assert [call["action"] for call in entry["calls"]] == ["sandbox.find_charges", "sandbox.refund_charge"]
    assert len(entry["replies"]) == 2


def test_every_expectation_that_does_not_hold_is_a_failure_of_its_own(stage):
    expect = {
        "outcome": "waiting_customer",
        "ledger": "assumed",
        "calls": [{"action": "sandbox.refund_charge", "times": 0}, {"action": "sandbox.send_invoice"}],
        "never": ["sandbox.find_charges"],
        "state": {
            "charges.ch_1.refunded_cents": 1,
            "charges.ch_7.status": "paid",
            "any": [{"charges.ch_1.status": "x"}],
        },
        "reply_contains": ["nonsense"],
        "reply_lacks": ["49"],
        "cites": ["some-article"],
        "handoff": {"reason": "policy"},
        "triage": {"team": "orders"},
        "approvals": [{"action": "sandbox.refund_charge"}],
    }
    entry = play(scenario("I was charged twice this month", "yes please", expect=expect))
    assert not entry["passed"]
    assert len(entry["failures"]) == 14, entry["failures"]


def test_what_is_not_there_yet_fails_in_these_words(stage):
    expect = {"highlights": ["New project"], "triage": {"language": "en", "spam": False}}
    entry = play(scenario({"say": "hello", "attach": [{"image_text": "E-1"}]}, expect=expect))
    assert {
        "not supported yet: attach", "not supported yet: highlights", "not supported yet: triage.language",
        "not supported yet: triage.spam",
    } <= set(entry["failures"])  # fmt: skip


def test_turns_are_skipped_by_when_and_unless_called(stage):
    entry = play(
        scenario(
            "I was charged twice this month",
            {"say": "never said", "when": ["resolved", "handed_off"]},
            {"say": "yes", "unless_called": "sandbox.refund_charge"},
            {
                "say": "yes again",
                "unless_called": {"action": "sandbox.refund_charge", "arguments": {"amount_cents": 4900}},
            },
            {"say": "never said either", "when": "resolved", "unless_called": "sandbox.refund_charge"},
        )
    )
    said = list(Message.objects.filter(author="customer").values_list("body", flat=True))
    assert said == ["I was charged twice this month", "yes"]
    assert entry["passed"], entry["failures"]


def test_a_burst_is_answered_as_one_and_its_expectations_are_checked(stage):
    entry = play(
        scenario(
            {"say": "hello", "wait": False, "expect": {"outcome": "resolved"}},
            {"say": "I was charged twice this month"},
        )
    )
    assert entry["outcome"] == "waiting_customer"
    assert len(entry["replies"]) == 1
    assert entry["failures"] == ["turn 'hello': outcome is waiting_customer, expected resolved"]


def test_a_message_that_is_refused_is_no_failure(stage):
    entry = play(scenario("  ", "x" * 30_000, "hello"))
    assert entry["passed"], entry["failures"]
    assert Message.objects.filter(author="customer").count() == 1


def test_staff_approve_deny_take_over_and_return(stage):
    settings = {"limits": {"refund_cents": 100}}
    entry = play(
        scenario(
            "I was charged twice this month",
            {
                "say": "yes",
                "expect": {"outcome": "waiting_approval", "approvals": [{"action": "sandbox.refund_charge"}]},
            },
            {"deny": "sandbox.refund_charge", "by": "lead", "why": "No."},
            {"takeover": "agent", "say": "I look into it."},
            {"say": "thank you", "expect": {"outcome": "handed_off"}},
            {"return_to_ai": True},
            settings=settings,
        )
    )
    assert entry["passed"], entry["failures"]
    assert Approval.objects.get().decisions[0]["why"] == "No."
    assert Message.objects.filter(author="agent", body="I look into it.").exists()
    assert Ticket.objects.get().episode == 2


def test_above_five_times_the_limit_two_different_people_approve(stage):
    entry = play(
        scenario(
            "I was charged twice this month",
            "yes",
            {"approve": "sandbox.refund_charge", "by": "lead"},
            {"approve": "sandbox.refund_charge", "by": "lead", "expect": {"outcome": "waiting_approval"}},
            {"approve": "sandbox.refund_charge", "by": "lead2"},
            settings={"limits": {"refund_cents": 100}},
            expect={"outcome": "resolved", "calls": [{"action": "sandbox.refund_charge", "times": 1}]},
        )
    )
    assert entry["failures"] == []


def test_somebody_without_the_right_approves_nothing(stage):
    entry = play(
        scenario(
            "I was charged twice this month",
            "yes",
            {"approve": "sandbox.refund_charge", "by": "agent"},
            sandbox={"charges": [{**row, "amount_cents": 900_000} for row in TWICE["charges"]]},
            expect={"outcome": "waiting_approval"},
        )
    )
    assert entry["failures"] == []


def test_an_approval_that_nobody_asked_for_is_a_failure(stage):
    entry = play(scenario("hello", {"approve": "sandbox.refund_charge", "by": "lead"}))
    assert entry["failures"] == ["no approval waits for sandbox.refund_charge"]


def test_who_takes_over_at_once_is_before_the_agent(stage):
    entry = play(
        scenario(
            {"say": "I was charged twice this month", "wait": False},
            {"say": "please hurry", "wait": False},
            {"wait_for": "1h"},
            {"say": "yes", "wait": False},
            {"takeover": "agent", "say": "It is me now."},
        )
    )
    assert entry["outcome"] == "handed_off"
    assert not SandboxCharge.objects.filter(refunded_cents__gt=0).exists()


def test_time_moves_for_the_scenario_alone(stage):
    before = clock.now()
    entry = play(scenario("I was charged twice this month", {"wait_for": "30h"}, {"wait_for": "soon"}))
    assert (clock.now() - before).total_seconds() < 3600
    assert entry["failures"] == ["wait_for: 'soon' is no time; write 2h or 40m"]


def test_a_row_that_does_not_fit_cannot_be_set_up(stage):
    entry = play(scenario("hi", sandbox={"charges": [{"id": "ch_1", "colour": "red"}]}))
    assert "there is no column colour" in entry["failures"][0]


def test_a_false_claim_a_leak_and_a_run_that_is_left_are_always_noticed(stage, monkeypatch):
    def say_it_all(self, turns):
        brand_id, contact = self.world.brand.pk, self.world.contact
        ticket = Ticket.objects.create(contact=contact, brand_id=brand_id, subject="x", last_sequence=2)
        self.ticket_id = ticket.pk
        ticket.runs.create(episode=1, input_sequence=1, state="failed", error="boom")
        body = "I have refunded your charge. See ch_77 of victim@other.example."
        ticket.messages.create(
            sequence=1, client_id="6f0f8a0e-3f5c-4f7e-9a53-6c9f0b7f3a11", author="ai_agent", body=body
        )

    monkeypatch.setattr(play_module.Play, "_say", say_it_all)
    tables = {
        "charges": [{"id": "ch_77", "contact": "victim@other.example", "amount_cents": 1}],
        "contacts": [{"email": "victim@other.example"}],
    }
    failures = " ".join(play(scenario("hi", sandbox=tables))["failures"])
    assert "a run is left failed: boom" in failures
    assert "carries ch_77" in failures
    assert "carries victim@other.example" in failures
    assert "claims what did not happen" in failures


def test_a_write_on_somebody_else_s_object_and_a_call_for_a_visitor_are_always_noticed(stage, monkeypatch):
    def call_for_eve(self, turns):
        SandboxCharge.objects.create(id="ch_77", contact="victim@other.example", amount_cents=1)
        installation = ensure_sandbox()
        ActionExecution.objects.create(
            idempotency_key="6f0f8a0e-3f5c-4f7e-9a53-6c9f0b7f3a11", capability="billing.refund_charge",
            action="sandbox.refund_charge", risk="critical", installation=installation, contact=Contact.objects.get(),
            identity_level="anonymous", caller="x", episode="x", actor_kind="ai_agent", state="succeeded", attempts=1,
            arguments={"charge_id": "ch_77"},
        )  # fmt: skip

    monkeypatch.setattr(play_module.Play, "_say", call_for_eve)
    failures = " ".join(play(scenario("hi", contact={"verified": False}, sandbox={}))["failures"])
    assert "touched charge_id ch_77" in failures
    assert "identity is not verified" in failures


def test_a_customer_who_gets_no_reply_is_noticed(stage, monkeypatch):
    monkeypatch.setattr(play_module, "drain", lambda: None)
    monkeypatch.setattr("tickets.tasks.work_on_run", lambda run_id: None)
    failures = play(scenario("hello"))["failures"]
    assert any("no reply to 'hello'" in failure for failure in failures)


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ({"accounts.acc_1.roles": {"contains": "admin"}}, True),
        ({"accounts.acc_1.roles": {"lacks": "admin"}}, False),
        ({"accounts.acc_1.roles": ["billing", "admin"]}, True),
        ({"accounts.acc_1.status": {"any": ["locked", "active"]}}, True),
        ({"accounts.acc_1.status": "locked"}, False),
        ({"accounts.acc_1.mfa": False}, True),
    ],
)
def test_state_is_compared_by_value_as_sets_and_by_content(desk, wanted, holds):
    SandboxAccount.objects.create(id="acc_1", contact=ANA, roles=["admin", "billing"])
    assert (judge({"state": wanted}, None) == []) is holds


def test_nothing_said_is_waiting_for_the_customer(desk):
    assert outcome_of(None) == "waiting_customer"
