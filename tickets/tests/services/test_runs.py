"""Runs: one a customer turn, one active a ticket, worked on by one worker at a time."""

import threading
import time
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, transaction

from accounts.tests.factories import ContactFactory
from integrations.tests.factories import ActionExecutionFactory
from integrations.tests.services.test_parallel import together
from supportai.core import clock
from tickets.errors import LeaseLostError
from tickets.events import RunProgressed, RunQueued
from tickets.models import AgentRun, AgentStep, Ticket
from tickets.services import runs
from tickets.tests.factories import (
    AgentRunFactory,
    AgentStepFactory,
    MessageFactory,
    PersonTicketFactory,
    TicketFactory,
)
from tickets.tests.talk import claim, say

pytestmark = pytest.mark.django_db

State = AgentRun.State


def queued(**fields) -> AgentRun:
    return AgentRunFactory(state=State.QUEUED, started_at=None, finished_at=None, **fields)


def end_lease(run: AgentRun) -> None:
    AgentRun.objects.filter(pk=run.pk).update(lease_until=clock.now() - timedelta(seconds=1))


# ---- queue ----


def test_a_ticket_has_one_active_run():
    run = queued()
    with pytest.raises(IntegrityError, match="ticket"), transaction.atomic():
        queued(ticket=run.ticket)


def test_a_queued_run_takes_a_newer_message_in_and_is_announced_again(seen, django_capture_on_commit_callbacks):
    message = say(ContactFactory())
    with django_capture_on_commit_callbacks(execute=True):
        say(message.ticket.contact, "And more", ticket=message.ticket)
    run = message.ticket.runs.get()
    assert run.input_sequence == 2
    assert RunQueued(run_id=run.pk) in seen


def test_a_running_run_does_not_move_to_what_it_has_not_read(seen, django_capture_on_commit_callbacks):
    message = say(ContactFactory())
    run = claim(message.ticket.runs.get())
    with django_capture_on_commit_callbacks(execute=True):
        say(message.ticket.contact, "And more", ticket=message.ticket)
    run.refresh_from_db()
    assert (run.input_sequence, message.ticket.runs.count()) == (1, 1)
    assert RunQueued(run_id=run.pk) not in seen


def test_a_message_while_a_begun_run_is_queued_again_is_left_to_the_next_run():
    message = say(ContactFactory())
    run = claim(message.ticket.runs.get())
    AgentStepFactory(run=run)
    runs.requeue_run(run, error="broke")
    say(message.ticket.contact, "And another thing", ticket=message.ticket)
    run = claim(run)
    assert run.input_sequence == 1
    runs.finish_run(run, State.COMPLETED)
    assert message.ticket.runs.get(state=State.QUEUED).input_sequence == 2


@pytest.mark.parametrize("state", [State.WAITING_CUSTOMER, State.WAITING_EXTERNAL])
def test_a_new_message_ends_a_run_that_waited_for_it(state):
    run = AgentRunFactory(state=state)
    say(run.ticket.contact, ticket=run.ticket)
    run.refresh_from_db()
    assert run.state == State.COMPLETED


def test_a_new_message_leaves_a_run_that_waits_for_an_approval():
    run = AgentRunFactory(state=State.WAITING_APPROVAL)
    say(run.ticket.contact, ticket=run.ticket)
    run.refresh_from_db()
    assert run.state == State.WAITING_APPROVAL
    assert run.ticket.runs.filter(state=State.QUEUED).count() == 1


# ---- claim, lease ----


def test_a_claimed_run_is_held_under_a_lease_with_all_that_the_agent_reads(django_assert_num_queries):
    run = claim(queued(), owner="worker 1")
    assert (run.state, run.lease_owner, run.attempts) == (State.RUNNING, "worker 1", 1)
    assert run.lease_until > clock.now()
    assert run.started_at is not None
    with django_assert_num_queries(0):
        assert run.ticket.contact.organization.name
        assert run.ticket.brand.name


def test_a_claimed_run_is_not_claimed_again():
    run = queued()
    claim(run)
    assert runs.claim_run(run_id=run.pk, owner="other") is None


@pytest.mark.parametrize("state", sorted(set(State) - {State.QUEUED, State.RUNNING}))
def test_a_run_that_is_over_or_waits_is_not_claimed(state):
    assert runs.claim_run(run_id=AgentRunFactory(state=state).pk, owner="w") is None


def test_a_run_that_does_not_exist_is_not_claimed():
    assert runs.claim_run(run_id=404, owner="w") is None


def test_an_ended_lease_is_taken_over_and_the_first_worker_must_stop():
    first = claim(queued(), owner="first")
    end_lease(first)
    second = claim(first, owner="second")
    assert second.attempts == 2
    assert not runs.keep_lease(first)
    assert runs.keep_lease(second)


def test_keeping_a_lease_extends_it():
    run = claim(queued())
    end_lease(run)
    assert runs.keep_lease(run)
    assert AgentRun.objects.get().lease_until > clock.now()


# ---- something slow under a lease ----


@pytest.fixture
def short_lease(settings):
    """Let a lease last a third of a second, so that it is renewed nine times a second."""
    settings.LEASE_SECONDS = 0.3


def keepers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("lease-")]


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_kept_while_something_slow_is_done(short_lease):
    run = claim(queued())
    with runs.lease_kept(run):
        time.sleep(0.8)
        assert runs.claim_run(run_id=run.pk, owner="somebody else") is None
    assert keepers() == []


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_was_lost_meanwhile_ends_in_an_error_at_the_end(short_lease):
    run = claim(queued())

    def work() -> None:
        with runs.lease_kept(run):
            AgentRun.objects.filter(pk=run.pk).update(state=State.CANCELLED)
            time.sleep(0.5)

    with pytest.raises(LeaseLostError):
        work()
    assert keepers() == []


@pytest.mark.django_db(transaction=True)
def test_the_renewal_ends_with_what_it_was_for_even_when_that_breaks(short_lease):
    run = claim(queued())
    with pytest.raises(ValueError, match="ours"), runs.lease_kept(run):
        raise ValueError("ours")
    assert keepers() == []


@pytest.mark.django_db(transaction=True)
def test_a_renewal_that_fails_is_tried_again(short_lease, monkeypatch):
    run = claim(queued())
    tries = []

    def fail_once(kept: AgentRun) -> bool:
        tries.append(kept.pk)
        if len(tries) == 1:
            raise OperationalError("database is locked")
        return True

    monkeypatch.setattr(runs, "keep_lease", fail_once)
    with runs.lease_kept(run):
        time.sleep(0.5)
    assert len(tries) > 1


def test_something_quick_needs_no_renewal(monkeypatch):
    monkeypatch.setattr(runs, "keep_lease", lambda run: pytest.fail("it was renewed"))
    with runs.lease_kept(claim(queued())):
        pass


def test_a_finished_run_counts_what_its_steps_took():
    run = claim(queued())
    for number, (tokens, cost) in enumerate(((120, 50), (830, 1234)), start=1):
        AgentStepFactory(run=run, index=number, tokens=tokens, cost_microdollars=cost)
    assert runs.finish_run(run, State.COMPLETED)
    run.refresh_from_db()
    assert (run.tokens, run.cost_microdollars) == (950, 1284)


def test_a_cancelled_run_keeps_no_lease():
    run = claim(queued())
    AgentRun.objects.update(state=State.CANCELLED)
    assert not runs.keep_lease(run)


@pytest.mark.django_db(transaction=True)
def test_of_six_workers_one_gets_the_run(seen):
    run = queued()
    won = together([partial(runs.claim_run, run_id=run.pk, owner=f"worker {n}") for n in range(6)])
    winner = next(found for found in won if found)
    assert sum(found is not None for found in won) == 1
    run.refresh_from_db()
    assert (run.attempts, run.lease_owner) == (1, winner.lease_owner)


# ---- finish ----


def test_a_finished_run_keeps_what_it_found_out_and_is_announced(seen, django_capture_on_commit_callbacks):
    run = claim(queued(policy=""))
    run.intent, run.procedure, run.policy, run.confidence = "double_charge", "double_charge", "local", 0.9
    run.versions = {"settings": "abc"}
    with django_capture_on_commit_callbacks(execute=True):
        assert runs.finish_run(run, State.COMPLETED, error="e" * 600)
        assert seen == []
    run.refresh_from_db()
    assert (run.state, run.intent, run.procedure, run.policy) == (
        State.COMPLETED,
        "double_charge",
        "double_charge",
        "local",
    )
    assert (run.confidence, run.versions, len(run.error), run.lease_until) == (0.9, {"settings": "abc"}, 500, None)
    assert run.finished_at is not None
    assert seen == [RunProgressed(ticket_id=run.ticket_id, run_id=run.pk)]


def test_a_run_is_finished_by_its_worker_alone_and_once():
    first = claim(queued(), owner="first")
    end_lease(first)
    second = claim(first, owner="second")
    assert not runs.finish_run(first, State.FAILED)
    assert runs.finish_run(second, State.COMPLETED)
    assert not runs.finish_run(second, State.FAILED)
    assert AgentRun.objects.get().state == State.COMPLETED


def test_a_finished_run_queues_the_next_when_the_customer_wrote_meanwhile(seen, django_capture_on_commit_callbacks):
    message = say(ContactFactory())
    run = claim(message.ticket.runs.get())
    say(message.ticket.contact, "One more thing", ticket=message.ticket)
    with django_capture_on_commit_callbacks(execute=True):
        runs.finish_run(run, State.COMPLETED)
    following = message.ticket.runs.get(state=State.QUEUED)
    assert following.input_sequence == 2
    assert RunQueued(run_id=following.pk) in seen


def test_nothing_is_queued_when_nothing_new_was_said():
    message = say(ContactFactory())
    runs.finish_run(claim(message.ticket.runs.get()), State.COMPLETED)
    assert message.ticket.runs.count() == 1


def test_nothing_is_queued_for_a_person():
    ticket = PersonTicketFactory()
    run = claim(queued(ticket=ticket))
    MessageFactory(ticket=ticket, sequence=5)
    runs.finish_run(run, State.HANDED_OFF)
    assert ticket.runs.count() == 1


# ---- again ----


def test_a_run_given_back_can_be_claimed_again_and_names_its_error():
    run = claim(queued())
    runs.requeue_run(run, error="ValueError: broken")
    run.refresh_from_db()
    assert (run.state, run.error, run.lease_until) == (State.QUEUED, "ValueError: broken", None)
    assert claim(run).attempts == 2


def test_a_run_of_another_worker_is_not_given_back():
    first = claim(queued(), owner="first")
    end_lease(first)
    claim(first, owner="second")
    runs.requeue_run(first, error="late")
    first.refresh_from_db()
    assert (first.state, first.error) == (State.RUNNING, "")


def test_due_are_runs_queued_for_a_second_or_with_an_ended_lease():
    fresh, running = queued(), claim(queued())
    lost = claim(queued())
    end_lease(lost)
    AgentRunFactory()
    assert runs.due_runs() == [lost.pk]
    with clock.moved(timedelta(seconds=2)):
        assert runs.due_runs() == [fresh.pk, lost.pk]
    assert running.pk not in runs.due_runs()


# ---- wake ----


@pytest.mark.parametrize("state", [State.WAITING_APPROVAL, State.WAITING_EXTERNAL])
def test_a_waiting_run_is_woken_once(state, seen, django_capture_on_commit_callbacks):
    run = AgentRunFactory(state=state)
    with django_capture_on_commit_callbacks(execute=True):
        assert runs.wake(run_public_id=run.public_id)
        assert not runs.wake(run_public_id=run.public_id)
    run.refresh_from_db()
    assert run.state == State.QUEUED
    assert seen == [RunQueued(run_id=run.pk)]


@pytest.mark.parametrize("state", [State.WAITING_CUSTOMER, State.COMPLETED, State.CANCELLED, State.RUNNING])
def test_a_run_that_waits_for_no_call_is_not_woken(state):
    run = AgentRunFactory(state=state)
    assert not runs.wake(run_public_id=run.public_id)


def test_an_unknown_run_is_not_woken():
    assert not runs.wake(run_public_id=uuid4())


def test_a_run_waits_on_while_another_works_on_the_ticket():
    run = AgentRunFactory(state=State.WAITING_APPROVAL)
    other = queued(ticket=run.ticket)
    assert not runs.wake(run_public_id=run.public_id)
    runs.finish_run(claim(other), State.COMPLETED)
    assert runs.wake(run_public_id=run.public_id)


def waiting_for(state: str) -> AgentRun:
    """Give a run whose undone step waits for a call; somebody else may have made that call before."""
    execution = ActionExecutionFactory(state=state)
    step = AgentStepFactory(
        run__state=State.WAITING_EXTERNAL,
        kind=AgentStep.Kind.ACT,
        state=AgentStep.State.DECIDED,
        output={"execution": str(execution.public_id)},
    )
    return step.run


@pytest.mark.parametrize("state", ["succeeded", "failed", "unknown"])
def test_a_run_whose_call_was_settled_before_it_waited_is_woken(state):
    run = waiting_for(state)
    assert runs.wake_settled() == 1
    run.refresh_from_db()
    assert run.state == State.QUEUED


@pytest.mark.parametrize("state", ["planned", "approved", "sent"])
def test_a_run_whose_call_is_not_settled_waits_on(state):
    run = waiting_for(state)
    assert runs.wake_settled() == 0
    run.refresh_from_db()
    assert run.state == State.WAITING_EXTERNAL


def test_a_call_that_is_done_wakes_nobody_who_waits_for_the_next():
    run = waiting_for("sent")
    done = ActionExecutionFactory(state="succeeded")
    run.steps.update(index=2)
    AgentStepFactory(run=run, index=1, kind=AgentStep.Kind.ACT, output={"execution": str(done.public_id)})
    assert runs.wake_settled() == 0


def test_a_run_is_woken_whose_call_another_worker_finished_as_it_began_to_wait():
    run = waiting_for("succeeded")
    run.steps.update(state=AgentStep.State.DONE)
    assert runs.wake_settled() == 1


@pytest.mark.django_db(transaction=True)
def test_a_message_at_the_moment_of_waking_is_taken(seen):
    ticket = TicketFactory()
    for _try in range(5):
        waits = AgentRunFactory(ticket=ticket, state=State.WAITING_APPROVAL)
        calls = [partial(runs.wake, run_public_id=waits.public_id), partial(say, ticket.contact, ticket=ticket)]
        _woken, said = together(calls)
        assert said.ticket_id == ticket.pk, "not refused for a run of this moment"
        ticket.runs.update(state=State.COMPLETED)


def test_a_waiting_run_without_a_call_stays():
    AgentRunFactory(state=State.WAITING_APPROVAL, ticket=TicketFactory(status=Ticket.Status.PENDING))
    assert runs.wake_settled() == 0
