"""Gaps of conversations from before gaps were noted."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from knowledge.errors import SearchUnavailableError
from knowledge.models import GapQuestion
from knowledge.services import ingestion
from knowledge.tests.factories import publish_text
from supportai.core import clock
from tickets.models import Message
from tickets.services import gap_backfill
from tickets.tests.factories import MessageFactory, ResolvedTicketFactory, StaffMessageFactory, TicketFactory
from tickets.tests.services.test_gaps import ANSWER, QUESTION, handed_off

pytestmark = pytest.mark.django_db
OTHER = "Can we pay by bank transfer instead of a card?"
OTHER_ANSWER = "Yes: choose Bank transfer under Billing, and the next invoice carries our account number for it."


@pytest.fixture(autouse=True)
def _own_folder(store):
    """The document store and the kept place are this test's own."""


def answered(question: str, answer: str, *, days_ago: int = 0, **fields):
    with clock.moved(-timedelta(days=days_ago)):
        ticket = ResolvedTicketFactory(handler="person", ledger="", resolved_by="staff", **fields)
        messages = [MessageFactory(ticket=ticket, body=question), StaffMessageFactory(ticket=ticket, body=answer)]
    for message in messages:
        type(message).objects.filter(pk=message.pk).update(created_at=clock.now() - timedelta(days=days_ago))
    return ticket


def backfill(days: int = 365, **options) -> gap_backfill.Tally:
    since = gap_backfill.since_days(days)
    return gap_backfill.note_past(past=gap_backfill.past_questions(since=since), since=since, **options)


def test_handoffs_and_answers_of_people_become_gaps_and_doing_it_again_adds_nothing():
    handed_off()
    answered(OTHER, OTHER_ANSWER)
    assert backfill() == gap_backfill.Tally(noted=2)
    assert backfill() == gap_backfill.Tally(known=2)
    assert set(GapQuestion.objects.values_list("text", "kind")) == {
        (QUESTION, "handed_off"),
        (OTHER, "person_answered"),
    }


def test_what_articles_answer_by_now_is_left_out_although_it_was_handed_off_once():
    handed_off()
    publish_text("Printed invoices", "Yes, we ship printed invoices to Norway. Choose Print under Invoices.")
    ingestion.index_waiting()
    assert backfill() == gap_backfill.Tally(nothing=1)


def test_only_what_happened_since_then_is_looked_at_the_oldest_first():
    answered(OTHER, OTHER_ANSWER, days_ago=40)
    answered(QUESTION, ANSWER, days_ago=10)
    answered("Is there a dark mode in the app?", ANSWER, days_ago=20)
    since = gap_backfill.since_days(30)
    days = [(clock.now() - past.at).days for past in gap_backfill.past_questions(since=since)]
    assert days == [20, 10]


def test_what_is_still_worked_on_is_not_over():
    ticket = TicketFactory(handler="person")
    MessageFactory(ticket=ticket, body=QUESTION)
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    assert gap_backfill.past_questions(since=gap_backfill.since_days(1)) == []


def test_an_earlier_episode_of_an_open_ticket_is_over():
    ticket = TicketFactory(handler="person", episode=2)
    MessageFactory(ticket=ticket, body=QUESTION, episode=1)
    StaffMessageFactory(ticket=ticket, body=ANSWER, episode=1)
    assert backfill() == gap_backfill.Tally(noted=1)
    assert GapQuestion.objects.get().origin == f"ticket:{ticket.public_id}:1"


def test_after_an_interruption_it_goes_on_where_it_was(monkeypatch):
    answered(OTHER, OTHER_ANSWER, days_ago=3)
    second = answered(QUESTION, ANSWER, days_ago=2)
    looked = []

    def note(*, ticket_id, episode):
        looked.append(ticket_id)
        if ticket_id == second.pk and len(looked) == 2:
            raise SearchUnavailableError("The document store does not answer.")
        return False

    monkeypatch.setattr(gap_backfill, "note_answer", note)
    with pytest.raises(SearchUnavailableError):
        backfill()
    assert backfill() == gap_backfill.Tally(nothing=1)
    assert looked[2:] == [second.pk]
    assert backfill() == gap_backfill.Tally(nothing=2)


def interrupted_at(monkeypatch, ticket):
    """Break the search once, when that ticket is looked at."""
    whole = gap_backfill.note_answer

    def note(*, ticket_id, episode):
        if ticket_id == ticket.pk:
            monkeypatch.setattr(gap_backfill, "note_answer", whole)
            raise SearchUnavailableError("The document store does not answer.")
        return whole(ticket_id=ticket_id, episode=episode)

    monkeypatch.setattr(gap_backfill, "note_answer", note)


def test_looking_further_back_after_an_interruption_leaves_nothing_out(monkeypatch):
    answered(OTHER, OTHER_ANSWER, days_ago=200)
    answered(OTHER, OTHER_ANSWER, days_ago=3)
    interrupted_at(monkeypatch, answered(QUESTION, ANSWER, days_ago=2))
    with pytest.raises(SearchUnavailableError):
        backfill(30)
    assert backfill(365) == gap_backfill.Tally(noted=2, known=1)


def test_of_two_conversations_that_ended_at_one_moment_neither_is_left_out(monkeypatch):
    answered(OTHER, OTHER_ANSWER, days_ago=3)
    second = answered(QUESTION, ANSWER, days_ago=3)
    Message.objects.update(created_at=clock.now() - timedelta(days=3))
    interrupted_at(monkeypatch, second)
    with pytest.raises(SearchUnavailableError):
        backfill()
    assert backfill() == gap_backfill.Tally(noted=1)


def test_a_broken_place_is_no_place(settings):
    answered(QUESTION, ANSWER)
    (settings.DATA_DIR / gap_backfill.PLACE).write_text("[]")
    assert backfill().noted == 1


def test_the_command_counts_notes_and_tells(capsys):
    answered(QUESTION, ANSWER)
    call_command("find_gaps", "--dry-run", verbosity=0)
    assert "1 hand-offs and answers" in capsys.readouterr().out
    assert not GapQuestion.objects.exists()
    call_command("find_gaps", "--since", "30", verbosity=0)
    assert "1 questions noted, 0 known before" in capsys.readouterr().out


def test_the_command_says_what_it_takes_and_what_to_do(monkeypatch):
    with pytest.raises(CommandError, match="from 1 to 3650"):
        call_command("find_gaps", "--since", "0", verbosity=0)
    answered(QUESTION, ANSWER)

    def down(**_fields):
        raise SearchUnavailableError("The document store does not answer.")

    monkeypatch.setattr(gap_backfill, "note_answer", down)
    with pytest.raises(CommandError, match="run this again to go on"):
        call_command("find_gaps", verbosity=0)
