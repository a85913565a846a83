"""A run that was killed goes on from its journal: nothing is decided, said or done a second time."""

from datetime import timedelta

import pytest

from accounts.tests.factories import UserFactory
from integrations.models import ActionExecution
from integrations.tests.conftest import Shop
from integrations.tests.factories import SandboxChargeFactory
from supportai.core import clock
from tickets.agent import journal
from tickets.agent.guards.base import Refusal
from tickets.agent.loop import run_agent
from tickets.agent.policy import Act, Answer, Ask, HandOff, Resolve, Sentence, from_json, to_json
from tickets.errors import LeaseLostError
from tickets.events import RunProgressed
from tickets.models import AgentConfiguration, AgentRun, Handoff, Stage, Ticket
from tickets.services import lifecycle, runs
from tickets.tests.agent.scripted import HELLO, Scripted, agent_texts, client_ids
from tickets.tests.factories import AgentRunFactory, AgentStepFactory, IntentFactory
from tickets.tests.talk import say

pytestmark = pytest.mark.django_db

State = AgentRun.State
ASK = Ask(text="Which one?", expects="choice")
LOOK_UP = Act(capability="billing.find_charges", arguments={}, procedure="refund", step="found")
HAND_OFF = HandOff(reason="policy", why="Told so.")


@pytest.fixture
def running() -> AgentRun:
    return AgentRunFactory(state=State.RUNNING, lease_owner="w")


# ---- writing ----


def test_steps_are_numbered_from_one_in_their_run(running):
    journal.write_fact(running, "understand", given={"a": 1}, output={"b": 2}, story="Read it.", confidence=0.5)
    journal.write_decision(running, ASK, "Asked.")
    first, second = running.steps.all()
    assert (first.index, first.kind, first.state, first.input, first.output) == (
        1, "understand", "done", {"a": 1}, {"b": 2}
    )  # fmt: skip
    assert (first.confidence, first.story) == (0.5, "Read it.")
    assert (second.index, second.kind, second.state, second.confidence) == (2, "ask", "decided", 1.0)
    assert from_json(second.input) == ASK


def test_steps_are_announced_after_commit(running, seen, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        step = journal.write_decision(running, ASK, "Asked.")
        journal.complete(step, output={})
        assert seen == []
    assert seen == [RunProgressed(ticket_id=running.ticket_id, run_id=running.pk)] * 2


def test_a_refusal_keeps_what_was_refused_and_decides_on_what_happens_instead(running):
    refusal = Refusal(rule="no_source_no_sentence", story="Dropped it.", instead=HAND_OFF)
    instead = journal.write_refusal(running, HELLO, refusal, "Handed off.")
    refused = running.steps.get(state="refused")
    assert (refused.kind, refused.rule, refused.story) == ("answer", "no_source_no_sentence", "Dropped it.")
    assert from_json(refused.input) == HELLO
    assert (instead.index, instead.kind, instead.state) == (2, "hand_off", "decided")


def test_completing_keeps_the_story_unless_there_is_a_new_one(running):
    step = journal.write_decision(running, ASK, "Asked.")
    journal.complete(step, output={"sequence": 3}, duration_ms=12)
    step.refresh_from_db()
    assert (step.state, step.output, step.story, step.duration_ms) == ("done", {"sequence": 3}, "Asked.", 12)
    journal.complete(step, output={}, state="refused", rule="r", story="Changed.")
    step.refresh_from_db()
    assert (step.state, step.rule, step.story) == ("refused", "r", "Changed.")


def test_a_long_story_is_cut(running):
    assert len(journal.write_decision(running, ASK, "x" * 900).story) == 500


@pytest.mark.parametrize("change", [{"state": State.CANCELLED}, {"lease_owner": "another worker"}])
def test_who_lost_the_run_writes_nothing_more(running, change):
    AgentRun.objects.update(**change)
    with pytest.raises(LeaseLostError):
        journal.write_decision(running, ASK, "Asked.")
    assert not running.steps.exists()


def test_the_first_decision_that_was_not_carried_out_comes_next(running):
    AgentStepFactory(run=running, index=1)
    second = AgentStepFactory(run=running, index=2, kind="act", state="decided")
    AgentStepFactory(run=running, index=3, kind="ask", state="decided")
    assert journal.unfinished(running) == second


def test_what_ended_a_run_is_its_last_word(running):
    assert journal.ending(running) is None
    AgentStepFactory(run=running, index=1, kind="act")
    assert journal.ending(running) is None
    AgentStepFactory(run=running, index=2, kind="answer", state="refused")
    assert journal.ending(running) is None
    last = AgentStepFactory(run=running, index=3, kind="hand_off")
    AgentStepFactory(run=running, index=4, kind="resolve")
    assert journal.ending(running) == last


# ---- going on after a kill ----


@pytest.fixture
def policy(monkeypatch) -> Scripted:
    """A policy without an answer: being asked at all fails the test."""
    scripted = Scripted()
    monkeypatch.setattr("tickets.agent.loop.choose_policy", lambda screen, settings: scripted)
    monkeypatch.setattr("tickets.agent.loop.foreign_language", lambda text, languages: "")
    return scripted


@pytest.fixture
def shop() -> Shop:
    AgentConfiguration.objects.create()
    return Shop()


def killed(shop: Shop, *decisions, state: str = "decided") -> AgentRun:
    """Give a run as a kill leaves it: claimed, its turn understood, one step journalled, its lease over."""
    run = say(shop.ana, "I was billed twice").ticket.runs.get()
    run = runs.claim_run(run_id=run.pk, owner="killed")
    journal.write_fact(run, "understand", given={"act": "request"}, output={"text": "x"}, story="Understood.")
    for decision in decisions:
        step = journal.write_decision(run, decision, "Decided.")
        if state == "done":
            journal.complete(step, output={})
    AgentRun.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    return run


@pytest.mark.parametrize(
    ("decision", "ends", "texts"),
    [
        (HELLO, State.COMPLETED, ["Good day."]),
        (Answer(sentences=(Sentence(text="One moment."),), is_final=False), State.WAITING_CUSTOMER, ["One moment."]),
        (ASK, State.WAITING_CUSTOMER, ["Which one?"]),
        (HandOff(reason="policy", notice="A person comes."), State.HANDED_OFF, ["A person comes."]),
        (Resolve(ledger="verified"), State.COMPLETED, []),
    ],
    ids=["answer", "answer that goes on", "ask", "hand off", "resolve"],
)
def test_a_decision_is_carried_out_without_asking_again(shop, policy, decision, ends, texts):
    run = killed(shop, decision)
    assert run_agent(run.pk) == ends
    run.refresh_from_db()
    assert (run.state, run.attempts, policy.asked, policy.read) == (ends, 2, 0, [])
    assert agent_texts(run) == texts
    assert not run.steps.filter(state="decided").exists()


@pytest.mark.parametrize(("decision", "ends"), [(HELLO, State.COMPLETED), (ASK, State.WAITING_CUSTOMER)])
def test_a_message_that_was_posted_before_the_kill_is_not_posted_again(shop, policy, decision, ends):
    run = killed(shop, decision)
    run_agent(run.pk)
    run.steps.filter(kind__in=("answer", "ask")).update(state="decided", output={})
    AgentRun.objects.update(state=State.RUNNING, lease_until=clock.now() - timedelta(seconds=1), finished_at=None)
    said = client_ids(run)
    assert run_agent(run.pk) == ends
    assert client_ids(run) == said
    assert policy.asked == 0


def test_a_handoff_that_was_made_before_the_kill_is_not_made_again(shop, policy):
    run = killed(shop, HAND_OFF)
    run_agent(run.pk)
    run.steps.filter(kind="hand_off").update(state="decided", output={})
    AgentRun.objects.update(state=State.RUNNING, lease_until=clock.now() - timedelta(seconds=1), finished_at=None)
    assert run_agent(run.pk) == State.HANDED_OFF
    assert (Handoff.objects.count(), len(agent_texts(run))) == (1, 1)


def test_a_call_that_was_decided_is_made_once_and_then_the_policy_goes_on(shop, policy):
    policy.decisions = [HELLO]
    run = killed(shop, LOOK_UP)
    assert run_agent(run.pk) == State.COMPLETED
    assert (policy.asked, policy.read, ActionExecution.objects.count()) == (1, [], 1)


def test_a_call_that_was_made_before_the_kill_is_not_made_again(shop, policy):
    SandboxChargeFactory(id="ch_1")
    refund = Act(
        capability="billing.refund_charge", arguments={"charge_id": "ch_1"}, procedure="refund", step="refund",
        confirmation="yes-1",
    )  # fmt: skip
    policy.decisions = [HELLO, HELLO]
    run = killed(shop, refund)
    run_agent(run.pk)
    run.steps.filter(kind="act").update(state="decided", output={})
    run.steps.filter(kind="answer").delete()
    AgentRun.objects.update(state=State.RUNNING, lease_until=clock.now() - timedelta(seconds=1), finished_at=None)
    run_agent(run.pk)
    execution = ActionExecution.objects.get()
    assert (execution.state, execution.attempts) == (ActionExecution.State.SUCCEEDED, 1)
    assert run.steps.get(kind="act").output["result"] == execution.result


def test_a_turn_that_was_understood_is_not_read_again(shop, policy):
    policy.decisions = [HELLO]
    run = killed(shop)
    run_agent(run.pk)
    assert (policy.read, policy.asked) == ([], 1)


def test_a_run_that_was_killed_before_its_first_step_starts_from_the_beginning(shop, policy):
    policy.decisions = [HELLO]
    run = say(shop.ana, "I was billed twice").ticket.runs.get()
    runs.claim_run(run_id=run.pk, owner="killed")
    AgentRun.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    run_agent(run.pk)
    assert (policy.read, policy.asked) == (["I was billed twice"], 1)


def test_a_run_whose_lease_holds_is_left_to_its_worker(shop, policy):
    run = killed(shop, HELLO)
    AgentRun.objects.filter(pk=run.pk).update(lease_until=clock.now() + timedelta(seconds=9))
    assert run_agent(run.pk) is None
    assert agent_texts(run) == []


def test_a_person_who_took_over_meanwhile_is_not_talked_over(shop, policy):
    run = killed(shop, HELLO)
    lifecycle.take_over(ticket_id=run.ticket_id, user_id=UserFactory().pk)
    assert run_agent(run.pk) is None
    assert agent_texts(run) == []


def test_a_call_that_was_not_sent_is_held_to_a_switch_turned_off_meanwhile(shop, policy):
    run = killed(shop, LOOK_UP)
    AgentConfiguration.objects.update(is_on=False, updated_at=clock.now())
    assert run_agent(run.pk) == State.HANDED_OFF
    assert not ActionExecution.objects.exists()
    assert run.steps.get(kind="act").rule == "switched_off"


def test_a_call_that_was_not_sent_is_held_to_a_stage_lowered_meanwhile(shop, policy):
    run = killed(shop, LOOK_UP)
    Stage.objects.create(intent=IntentFactory(slug="refund"), level="off")
    assert run_agent(run.pk) == State.HANDED_OFF
    assert not ActionExecution.objects.exists()


# ---- what happens while it works ----


def fresh_run(shop: Shop, policy: Scripted, *decisions) -> AgentRun:
    policy.decisions = list(decisions)
    return say(shop.ana, "I was billed twice").ticket.runs.get()


def test_a_person_who_takes_over_while_it_decides_is_not_talked_over(shop, policy):
    run = fresh_run(shop, policy, HELLO)
    policy.before = lambda: lifecycle.take_over(ticket_id=run.ticket_id, user_id=UserFactory().pk)
    assert run_agent(run.pk) is None
    run.refresh_from_db()
    assert (run.state, agent_texts(run)) == (State.CANCELLED, [])


def test_a_message_written_while_it_works_gets_a_run_of_its_own(shop, policy):
    run = fresh_run(shop, policy, HELLO)
    policy.before = lambda: say(shop.ana, "And my invoice?", ticket=run.ticket)
    run_agent(run.pk)
    following = run.ticket.runs.get(state=State.QUEUED)
    policy.decisions, policy.before = [HELLO], lambda: None
    run_agent(following.pk)
    assert policy.read == ["I was billed twice", "And my invoice?"]


def test_a_ticket_is_not_resolved_over_a_message_that_nobody_read(shop, policy):
    solved = Answer(sentences=(Sentence(text="All right."),), ledger="confirmed")
    run = fresh_run(shop, policy, solved)
    policy.before = lambda: say(shop.ana, "Wait, not that one!", ticket=run.ticket)
    assert run_agent(run.pk) == State.COMPLETED
    ticket = Ticket.objects.get()
    assert (ticket.status == "resolved", ticket.episode) == (False, 1)
    policy.decisions, policy.before = [HELLO], lambda: None
    run_agent(ticket.runs.get(state=State.QUEUED).pk)
    assert agent_texts(run) == ["All right.", "Good day."]


def test_a_run_that_breaks_is_tried_again_and_then_handed_to_a_person(shop, policy):
    run = fresh_run(shop, policy)  # no decision left: the policy breaks
    assert [run_agent(run.pk), run_agent(run.pk), run_agent(run.pk)] == [None, None, State.HANDED_OFF]
    run.refresh_from_db()
    assert (run.attempts, run.state) == (3, State.HANDED_OFF)
    assert "IndexError" in run.error
    assert Handoff.objects.get().reason == "tool_failure"
    assert len(policy.read) == 1


def test_a_step_limit_ends_in_a_handoff(shop, policy):
    AgentConfiguration.objects.update(max_steps=3, updated_at=clock.now())
    run = fresh_run(shop, policy, LOOK_UP, LOOK_UP, LOOK_UP)
    assert run_agent(run.pk) == State.HANDED_OFF
    assert Handoff.objects.get().reason in {"repeated_failure", "policy"}


def test_decisions_keep_their_form_in_the_journal(running):
    for decision in (HELLO, ASK, LOOK_UP, HAND_OFF, Resolve(ledger="confirmed")):
        step = journal.write_decision(running, decision, "Decided.")
        step.refresh_from_db()
        assert from_json(step.input) == from_json(to_json(decision)) == decision
