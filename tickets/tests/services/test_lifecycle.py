"""A ticket is taken over, returned, assigned, resolved and reopened; each change is announced after commit."""

from datetime import timedelta
from functools import partial

import pytest

from accounts.tests.factories import ContactFactory, TeamFactory, UserFactory
from integrations.tests.services.test_parallel import together
from supportai.core import clock
from supportai.core.actors import AI_AGENT, SYSTEM, Actor
from tickets.errors import TicketAlreadyResolvedError, TicketNotResolvedError
from tickets.events import RunProgressed, TicketChanged, TicketReopened, TicketResolved
from tickets.models import AgentRun, Handoff, Message, Ticket
from tickets.services import lifecycle
from tickets.tests.factories import (
    AgentMessageFactory,
    AgentRunFactory,
    HandoffFactory,
    MessageFactory,
    PersonTicketFactory,
    ResolvedTicketFactory,
    TicketFactory,
)
from tickets.tests.talk import answer, claim, reply, say

pytestmark = pytest.mark.django_db

State = AgentRun.State


def events_of(ticket: Ticket) -> list[str]:
    return list(ticket.messages.filter(kind=Message.Kind.EVENT).values_list("body", flat=True))


# ---- take over ----


def test_taking_over_stops_the_ai_agent_and_says_so(seen, django_capture_on_commit_callbacks):
    ticket, ines = say(ContactFactory()).ticket, UserFactory(name="Ines Moreau")
    run = claim(ticket.runs.get())
    with django_capture_on_commit_callbacks(execute=True):
        seen.clear()
        taken = lifecycle.take_over(ticket_id=ticket.pk, user_id=ines.pk)
        assert seen == []
    assert (taken.handler, taken.assignee) == ("person", ines)
    assert events_of(ticket) == ["Ines joined. The AI agent stopped."]
    run.refresh_from_db()
    assert (run.state, run.finished_at is not None) == (State.CANCELLED, True)
    assert RunProgressed(ticket_id=ticket.pk, run_id=run.pk) in seen
    assert TicketChanged(ticket_id=ticket.pk) in seen


def test_what_the_ai_agent_was_about_to_say_is_dropped():
    ticket = say(ContactFactory()).ticket
    run = claim(ticket.runs.get())
    lifecycle.take_over(ticket_id=ticket.pk, user_id=UserFactory().pk)
    assert answer(run) is None
    assert not ticket.messages.filter(author=Message.Author.AI_AGENT).exists()


@pytest.mark.parametrize("state", [State.WAITING_CUSTOMER, State.WAITING_APPROVAL, State.WAITING_EXTERNAL])
def test_waiting_runs_stop_too(state):
    run = AgentRunFactory(state=state)
    lifecycle.take_over(ticket_id=run.ticket_id, user_id=UserFactory().pk)
    run.refresh_from_db()
    assert run.state == State.CANCELLED


def test_runs_that_are_over_stay_as_they_ended():
    run = AgentRunFactory(state=State.HANDED_OFF)
    lifecycle.take_over(ticket_id=run.ticket_id, user_id=UserFactory().pk)
    run.refresh_from_db()
    assert run.state == State.HANDED_OFF


def test_taking_over_twice_says_it_once():
    ticket, ines = TicketFactory(), UserFactory()
    for _ in range(2):
        lifecycle.take_over(ticket_id=ticket.pk, user_id=ines.pk)
    assert len(events_of(ticket)) == 1


def test_a_colleague_may_take_a_ticket_from_another():
    ticket, ines, jonas = TicketFactory(), UserFactory(), UserFactory()
    lifecycle.take_over(ticket_id=ticket.pk, user_id=ines.pk)
    lifecycle.take_over(ticket_id=ticket.pk, user_id=jonas.pk)
    ticket.refresh_from_db()
    assert ticket.assignee_id == jonas.pk
    assert len(events_of(ticket)) == 2


def test_taking_over_accepts_the_waiting_handoff():
    handoff, ines = HandoffFactory(), UserFactory()
    lifecycle.take_over(ticket_id=handoff.ticket_id, user_id=ines.pk)
    handoff.refresh_from_db()
    assert (handoff.state, handoff.accepted_by) == (Handoff.State.ACCEPTED, ines)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_take_over_at_once_leave_one_assignee_and_two_lines(seen):
    ticket, users = TicketFactory(), [UserFactory() for _ in range(2)]
    together([partial(lifecycle.take_over, ticket_id=ticket.pk, user_id=user.pk) for user in users])
    ticket.refresh_from_db()
    assert ticket.assignee in users
    assert list(ticket.messages.values_list("sequence", flat=True)) == [1, 2]


# ---- return ----


def returnable(*, customer_waits: bool) -> Ticket:
    ticket = PersonTicketFactory(assignee=UserFactory(), intent="other")
    HandoffFactory(ticket=ticket, state=Handoff.State.ACCEPTED)
    MessageFactory(ticket=ticket, body="And my invoice?") if customer_waits else AgentMessageFactory(ticket=ticket)
    return ticket


def test_a_returned_ticket_begins_an_episode_and_its_last_question_is_worked_on(
    seen, django_capture_on_commit_callbacks
):
    ticket, ines = returnable(customer_waits=True), UserFactory(name="Ines Moreau")
    with django_capture_on_commit_callbacks(execute=True):
        returned = lifecycle.return_to_ai(ticket_id=ticket.pk, user_id=ines.pk)
    assert (returned.handler, returned.episode, returned.assignee, returned.status) == ("ai_agent", 2, None, "open")
    question = ticket.messages.get(body="And my invoice?")
    run = ticket.runs.get()
    assert (question.episode, run.episode, run.state) == (2, 2, State.QUEUED)
    assert run.input_sequence >= question.sequence
    assert ticket.handoffs.get().state == Handoff.State.RETURNED
    assert events_of(ticket) == ["Ines returned the conversation to the AI agent."]
    assert TicketReopened(ticket_id=ticket.pk, episode=2) in seen
    assert TicketChanged(ticket_id=ticket.pk) in seen


def test_a_returned_ticket_without_an_open_question_waits_for_the_customer():
    ticket = returnable(customer_waits=False)
    lifecycle.return_to_ai(ticket_id=ticket.pk, user_id=UserFactory().pk)
    assert not ticket.runs.exists()


def test_returning_twice_returns_once():
    ticket, ines = returnable(customer_waits=True), UserFactory()
    for _ in range(2):
        returned = lifecycle.return_to_ai(ticket_id=ticket.pk, user_id=ines.pk)
    run = ticket.runs.get()
    assert (returned.episode, run.episode, len(events_of(ticket))) == (2, 2, 1)
    assert answer(claim(run)) is not None


def test_a_resolved_ticket_is_not_returned():
    ticket = ResolvedTicketFactory(handler="person")
    with pytest.raises(TicketAlreadyResolvedError):
        lifecycle.return_to_ai(ticket_id=ticket.pk, user_id=UserFactory().pk)
    ticket.refresh_from_db()
    assert (ticket.episode, ticket.handler) == (1, "person")


def test_a_returned_ticket_can_be_handed_off_again():
    ticket = returnable(customer_waits=True)
    lifecycle.return_to_ai(ticket_id=ticket.pk, user_id=UserFactory().pk)
    HandoffFactory(ticket=ticket)
    assert ticket.handoffs.filter(state__in=Handoff.OPEN).count() == 1


# ---- assign, classify ----


def test_assigning_changes_the_assignee_alone(seen, django_capture_on_commit_callbacks):
    ticket, ines = TicketFactory(), UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        assigned = lifecycle.assign(ticket_id=ticket.pk, user_id=ines.pk, actor=Actor.staff(ines.pk))
    assert (assigned.assignee, assigned.handler) == (ines, "ai_agent")
    assert seen == [TicketChanged(ticket_id=ticket.pk)]


def test_a_ticket_can_be_nobodys():
    ticket = TicketFactory(assignee=UserFactory())
    assert lifecycle.assign(ticket_id=ticket.pk, user_id=None, actor=SYSTEM).assignee is None


def test_classifying_keeps_what_the_intent_does_not_name():
    billing = TeamFactory()
    ticket = TicketFactory(team=billing, priority="high")
    kept = lifecycle.classify(ticket_id=ticket.pk, intent="how_to", team_id=None, priority="")
    assert (kept.intent, kept.team, kept.priority) == ("how_to", billing, "high")


def test_classifying_sets_intent_team_and_priority(seen, django_capture_on_commit_callbacks):
    ticket, billing = TicketFactory(), TeamFactory()
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.classify(ticket_id=ticket.pk, intent="refund", team_id=billing.pk, priority="urgent")
    ticket.refresh_from_db()
    assert (ticket.intent, ticket.team, ticket.priority) == ("refund", billing, "urgent")
    assert seen == [TicketChanged(ticket_id=ticket.pk)]


# ---- resolve ----


def test_resolving_announces_only_after_commit(seen, django_capture_on_commit_callbacks):
    ticket = TicketFactory(episode=3)
    with django_capture_on_commit_callbacks(execute=True):
        resolved = lifecycle.resolve_ticket(ticket_id=ticket.pk, actor=AI_AGENT, ledger="verified")
        assert seen == []
    assert (resolved.status, resolved.resolved_by, resolved.ledger) == ("resolved", "ai_agent", "verified")
    assert resolved.resolved_at is not None
    assert seen == [
        TicketChanged(ticket_id=ticket.pk),
        TicketResolved(ticket_id=ticket.pk, episode=3, actor_kind="ai_agent", ledger="verified"),
    ]


def test_resolving_twice_is_refused_and_changes_nothing(seen, django_capture_on_commit_callbacks):
    ticket = ResolvedTicketFactory()
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(TicketAlreadyResolvedError):
        lifecycle.resolve_ticket(ticket_id=ticket.pk, actor=Actor.staff(1))
    before = ticket.resolved_at
    ticket.refresh_from_db()
    assert (ticket.resolved_at, ticket.resolved_by, ticket.ledger) == (before, "ai_agent", "verified")
    assert seen == []


def test_a_person_who_resolves_stops_the_ai_agent_and_closes_the_handoff():
    handoff, ines = HandoffFactory(), UserFactory()
    run = AgentRunFactory(ticket=handoff.ticket, state=State.WAITING_APPROVAL)
    lifecycle.resolve_ticket(ticket_id=handoff.ticket_id, actor=Actor.staff(ines.pk))
    handoff.refresh_from_db()
    run.refresh_from_db()
    assert (handoff.state, run.state) == (Handoff.State.CLOSED, State.CANCELLED)


def test_the_ai_agent_that_resolves_does_not_cancel_its_own_run():
    run = AgentRunFactory(state=State.RUNNING)
    lifecycle.resolve_ticket(ticket_id=run.ticket_id, actor=AI_AGENT, ledger="verified")
    run.refresh_from_db()
    assert run.state == State.RUNNING


@pytest.mark.django_db(transaction=True)
def test_of_four_who_resolve_at_once_one_does(seen):
    ticket = TicketFactory()
    done = together([partial(lifecycle.resolve_ticket, ticket_id=ticket.pk, actor=Actor.staff(n)) for n in range(4)])
    assert sum(isinstance(outcome, TicketAlreadyResolvedError) for outcome in done) == 3
    assert sum(isinstance(event, TicketResolved) for event in seen) == 1


# ---- reopen ----


def test_reopening_goes_on_in_the_episode_with_a_person(seen, django_capture_on_commit_callbacks):
    ticket, ines = ResolvedTicketFactory(), UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        opened = lifecycle.reopen(ticket_id=ticket.pk, actor=Actor.staff(ines.pk))
    assert (opened.status, opened.handler, opened.episode) == ("open", "person", 1)
    assert (opened.resolved_at, opened.resolved_by, opened.ledger) == (None, "", "")
    assert seen == [TicketChanged(ticket_id=ticket.pk), TicketReopened(ticket_id=ticket.pk, episode=1)]


def test_reopening_by_the_system_leaves_the_handler():
    assert lifecycle.reopen(ticket_id=ResolvedTicketFactory().pk, actor=SYSTEM).handler == "ai_agent"


def test_an_open_ticket_is_not_reopened():
    with pytest.raises(TicketNotResolvedError):
        lifecycle.reopen(ticket_id=TicketFactory().pk, actor=SYSTEM)


# ---- silence ----

DAY = timedelta(hours=24)


def silent(state: str = State.COMPLETED, **fields) -> Ticket:
    """Give a ticket whose last word, 25 hours ago, was the AI agent's."""
    ticket = TicketFactory(**{"status": "pending", "last_message_at": clock.now() - timedelta(hours=25), **fields})
    AgentRunFactory(ticket=ticket, state=state)
    return ticket


def test_silence_after_a_self_contained_answer_resolves_as_assumed(seen, django_capture_on_commit_callbacks):
    ticket = silent()
    with django_capture_on_commit_callbacks(execute=True):
        assert lifecycle.resolve_silent(silence=DAY) == 1
        assert lifecycle.resolve_silent(silence=DAY) == 0
    ticket.refresh_from_db()
    assert (ticket.status, ticket.resolved_by, ticket.ledger) == ("resolved", "system", "assumed")
    assert TicketResolved(ticket_id=ticket.pk, episode=1, actor_kind="system", ledger="assumed") in seen


@pytest.mark.parametrize("state", sorted(set(State) - {State.COMPLETED}))
def test_silence_after_anything_else_resolves_nothing(state):
    silent(state)
    assert lifecycle.resolve_silent(silence=DAY) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "open"},
        {"handler": "person"},
        {"last_message_at": clock.now() - timedelta(hours=23)},
    ],
    ids=["the customer waits", "a person has it", "not yet silent"],
)
def test_a_ticket_that_is_not_silently_answered_stays_open(fields):
    ticket = silent(**fields)
    assert lifecycle.resolve_silent(silence=DAY) == 0
    ticket.refresh_from_db()
    assert ticket.status != "resolved"


def test_a_run_of_an_earlier_episode_answers_nothing_in_this_one():
    ticket = TicketFactory(status="pending", episode=2, last_message_at=clock.now() - DAY * 2)
    AgentRunFactory(ticket=ticket, episode=1)
    assert lifecycle.resolve_silent(silence=DAY) == 0


def test_a_person_who_takes_over_while_the_sweep_runs_keeps_the_ticket():
    ticket = silent()
    Ticket.objects.update(handler="person")
    assert not lifecycle._resolve_if_answered(ticket.pk)


def test_a_sweep_resolves_only_as_many_as_it_may():
    for _ in range(3):
        silent()
    assert lifecycle.resolve_silent(silence=DAY, limit=2) == 2


def test_tickets_that_stay_pending_take_no_place_of_a_sweep():
    for _ in range(2):
        silent(State.WAITING_CUSTOMER)
    answered = silent()
    assert lifecycle.resolve_silent(silence=DAY, limit=1) == 1
    answered.refresh_from_db()
    assert answered.is_resolved


def test_a_persons_reply_without_an_answer_is_never_taken_for_a_resolution():
    ticket = silent()
    reply(ticket, UserFactory().pk)
    with clock.moved(DAY * 3):
        assert lifecycle.resolve_silent(silence=DAY) == 0
