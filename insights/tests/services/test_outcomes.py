"""Endings are kept when tickets announce them, and reversed when the customer comes back."""

from datetime import timedelta

import pytest

from accounts.tests.factories import ContactFactory, UserFactory
from insights.models import Outcome
from insights.services.outcomes import record_ending, record_reopening
from insights.tests.factories import NOW, OutcomeFactory, ago
from supportai.core import clock
from supportai.core.actors import AI_AGENT, SYSTEM, Actor
from tickets.models import Message, Ticket
from tickets.services import lifecycle, messages
from tickets.tests.factories import (
    AgentRunFactory,
    AgentStepFactory,
    MessageFactory,
    NoteFactory,
    ResolvedTicketFactory,
    StaffMessageFactory,
    TicketFactory,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def record(ticket: Ticket, **fields) -> Outcome | None:
    given = {"episode": ticket.episode, "actor_kind": "ai_agent", "ledger": "confirmed"}
    return record_ending(ticket_id=ticket.pk, **{**given, **fields})


@pytest.fixture
def announced(monkeypatch, django_capture_on_commit_callbacks):
    """Run what is announced after commit, without starting tasks or sending frames."""
    monkeypatch.setattr("tickets.subscribers.send_frame", lambda group, frame: None)
    monkeypatch.setattr("tickets.tasks.work_on_run", lambda run_id: None)
    monkeypatch.setattr("tickets.tasks.learn_from_ticket", lambda ticket_id, episode: None)
    return lambda: django_capture_on_commit_callbacks(execute=True)


# ---- whose ending it is ----


@pytest.mark.parametrize("ledger", ["verified", "confirmed", "assumed"])
def test_an_episode_without_a_person_is_the_ai_agents(ledger):
    outcome = record(ResolvedTicketFactory(resolved_at=ago(hours=2)), ledger=ledger)
    assert (outcome.ending, outcome.ended_at, outcome.returned_at) == (ledger, ago(hours=2), None)


def test_what_staff_closes_is_theirs():
    assert record(ResolvedTicketFactory(), actor_kind="staff", ledger="").ending == "people"


def test_a_confirmation_after_a_persons_reply_is_the_persons():
    ticket = ResolvedTicketFactory()
    StaffMessageFactory(ticket=ticket)
    assert record(ticket, actor_kind="contact").ending == "people"


def test_a_note_is_no_reply():
    ticket = ResolvedTicketFactory()
    NoteFactory(ticket=ticket)
    assert record(ticket).ending == "confirmed"


def test_a_person_who_wrote_in_an_earlier_episode_counts():
    ticket = ResolvedTicketFactory(episode=2)
    StaffMessageFactory(ticket=ticket, episode=1)
    assert record(ticket).ending == "people"


def test_what_the_customer_abandoned_is_nobodys():
    assert record(ResolvedTicketFactory(), ledger="abandoned").ending == "abandoned"


def test_without_a_ledger_the_ai_agent_claims_nothing():
    assert record(ResolvedTicketFactory(), actor_kind="rule", ledger="").ending == "people"


# ---- twice, late, gone ----


def test_hearing_it_twice_keeps_one():
    ticket = ResolvedTicketFactory()
    assert record(ticket) == record(ticket, ledger="assumed")
    assert Outcome.objects.get().ending == "confirmed"


def test_a_ticket_that_is_gone_or_open_again_keeps_nothing():
    assert record_ending(ticket_id=0, episode=1, actor_kind="staff", ledger="") is None
    assert record(TicketFactory()) is None
    record_reopening(ticket_id=0, episode=1)
    assert not Outcome.objects.exists()


def test_late_news_of_an_episode_before_the_return_counts_as_reversed():
    ticket = TicketFactory(episode=2)
    MessageFactory(ticket=ticket, episode=1, created_at=ago(hours=9), author=Message.Author.AI_AGENT)
    MessageFactory(ticket=ticket, episode=2, created_at=ago(hours=3))
    outcome = record(ticket, episode=1)
    assert (outcome.ended_at, outcome.returned_at) == (ago(hours=9), ago(hours=3))


# ---- returns ----


def test_a_return_is_dated_by_the_customers_message():
    outcome = OutcomeFactory(ended_at=ago(days=2))
    ticket = outcome.ticket
    ticket.episode = 2
    ticket.save()
    MessageFactory(ticket=ticket, episode=2, created_at=ago(days=1))
    for _ in range(2):
        record_reopening(ticket_id=ticket.pk, episode=2)
    outcome.refresh_from_db()
    assert outcome.returned_at == ago(days=1)


def test_a_resolution_taken_back_by_staff_never_happened():
    outcome = OutcomeFactory(ticket=TicketFactory(), ended_at=ago(hours=1))
    record_reopening(ticket_id=outcome.ticket_id, episode=1)
    assert not Outcome.objects.exists()


def test_late_news_of_a_reopening_leaves_the_next_resolution():
    outcome = OutcomeFactory()
    record_reopening(ticket_id=outcome.ticket_id, episode=1)
    assert Outcome.objects.get() == outcome


def thanked(act: str, *, ending: str = "assumed") -> Outcome:
    """Let the customer of an ended ticket write one more message that was read as `act`, and resolve it again."""
    ticket = ResolvedTicketFactory(episode=2)
    before = OutcomeFactory(ticket=ticket, episode=1, ending=ending, ended_at=ago(days=1), returned_at=ago(hours=2))
    AgentStepFactory(run=AgentRunFactory(ticket=ticket, episode=2), input={"act": act})
    record(ticket)
    before.refresh_from_db()
    return before


@pytest.mark.parametrize(("ending", "then"), [("assumed", "confirmed"), ("verified", "verified"), ("people", "people")])
def test_thanks_is_no_return_and_confirms_what_was_assumed(ending, then):
    before = thanked("thanks", ending=ending)
    assert (before.returned_at, before.ending, Outcome.objects.count()) == (None, then, 1)


def test_another_question_is_a_return():
    before = thanked("request")
    assert (before.returned_at, before.ending, Outcome.objects.count()) == (ago(hours=2), "assumed", 2)


# ---- from the use cases ----


def test_resolving_returning_and_resolving_again_leaves_two_outcomes(announced):
    ticket = TicketFactory(contact=ContactFactory())
    with announced():
        lifecycle.resolve_ticket(ticket_id=ticket.pk, actor=SYSTEM, ledger="assumed")
    with announced():
        messages.post_customer_message(
            contact_id=ticket.contact_id,
            brand_id=ticket.brand_id,
            ticket_public_id=ticket.public_id,
            client_id=ticket.public_id,
            text="It still fails.",
            identity_level="signed",
        )
    assert Outcome.objects.get().returned_at == NOW
    with announced():
        lifecycle.resolve_ticket(ticket_id=ticket.pk, actor=Actor.staff(UserFactory().pk))
    assert list(Outcome.objects.order_by("episode").values_list("episode", "ending", "returned_at")) == [
        (1, "assumed", NOW),
        (2, "people", None),
    ]


def test_undoing_a_resolution_leaves_none(announced):
    ticket, staff = TicketFactory(), Actor.staff(UserFactory().pk)
    with announced():
        lifecycle.resolve_ticket(ticket_id=ticket.pk, actor=staff)
    with announced():
        lifecycle.reopen(ticket_id=ticket.pk, actor=staff)
    assert not Outcome.objects.exists()


def test_returning_an_open_ticket_to_the_ai_agent_reverses_nothing(announced):
    ticket, user = TicketFactory(handler="person"), UserFactory()
    with announced():
        lifecycle.return_to_ai(ticket_id=ticket.pk, user_id=user.pk)
    with announced():
        lifecycle.resolve_ticket(ticket_id=ticket.pk, actor=AI_AGENT, ledger="verified")
    assert Outcome.objects.get().ending == "verified"


def test_the_clock_of_the_test_stands_still():
    assert clock.now() == NOW
