"""What a resolved episode teaches: only what people wrote, at some length, in answer to something."""

import pytest

from knowledge.models import Suggestion
from tickets.services.learning import MIN_ANSWER, learn_from
from tickets.tests.factories import (
    AgentMessageFactory,
    MessageFactory,
    NoteFactory,
    ResolvedTicketFactory,
    StaffMessageFactory,
)

pytestmark = pytest.mark.django_db

QUESTION = "How do I export the time sheets of a whole team as one file?"
ANSWER = "Open Reports, choose Team, then press Export and pick CSV. The file has one row for each day and person."


@pytest.fixture
def observed(monkeypatch) -> list[dict]:
    calls: list[dict] = []
    monkeypatch.setattr("tickets.services.learning.observe", lambda **given: calls.append(given))
    return calls


@pytest.fixture
def ticket():
    return ResolvedTicketFactory(handler="person")


def test_question_and_human_answer_are_handed_down(ticket, observed):
    MessageFactory(ticket=ticket, body=QUESTION)
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    assert learn_from(ticket_id=ticket.pk, episode=1)
    assert observed == [{"question": QUESTION, "answer": ANSWER, "origin": f"ticket:{ticket.public_id}:1"}]


def test_the_longest_of_what_was_asked_before_the_answer_is_the_question(ticket, observed):
    MessageFactory(ticket=ticket, body="Hello")
    MessageFactory(ticket=ticket, body=QUESTION)
    MessageFactory(ticket=ticket, body="I would like to talk to a person.")
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    MessageFactory(ticket=ticket, body="Thank you very much, " * 10)
    learn_from(ticket_id=ticket.pk, episode=1)
    assert observed[0]["question"] == QUESTION


def test_an_answer_in_parts_is_one_answer_without_its_short_ones(ticket, observed):
    MessageFactory(ticket=ticket, body=QUESTION)
    StaffMessageFactory(ticket=ticket, body="One moment.")
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    StaffMessageFactory(ticket=ticket, body=f"Also: {ANSWER}")
    learn_from(ticket_id=ticket.pk, episode=1)
    assert observed[0]["answer"] == f"{ANSWER}\n\nAlso: {ANSWER}"


@pytest.mark.parametrize(
    ("factory", "body"),
    [
        (StaffMessageFactory, "x" * (MIN_ANSWER - 1)),
        (AgentMessageFactory, ANSWER),
        (NoteFactory, ANSWER),
    ],
    ids=["a short reply", "the AI agent", "an internal note"],
)
def test_other_texts_teach_nothing(ticket, observed, factory, body):
    MessageFactory(ticket=ticket, body=QUESTION)
    factory(ticket=ticket, body=body)
    assert not learn_from(ticket_id=ticket.pk, episode=1)
    assert observed == []


def test_an_answer_to_nothing_teaches_nothing(ticket, observed):
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    MessageFactory(ticket=ticket, body=QUESTION)
    assert not learn_from(ticket_id=ticket.pk, episode=1)
    assert observed == []


def test_another_episode_is_not_looked_at(ticket, observed):
    MessageFactory(ticket=ticket, body=QUESTION)
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    assert not learn_from(ticket_id=ticket.pk, episode=2)
    assert observed == []


def test_learning_twice_makes_one_suggestion(ticket):
    MessageFactory(ticket=ticket, body=QUESTION)
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    for _ in range(2):
        learn_from(ticket_id=ticket.pk, episode=1)
    suggestion = Suggestion.objects.get()
    assert suggestion.support_count == 1
    assert "press Export" in suggestion.body


def test_an_answer_of_courtesies_alone_teaches_nothing(ticket):
    MessageFactory(ticket=ticket, body=QUESTION)
    StaffMessageFactory(ticket=ticket, body="Hello Ana,\n\nthank you very much!\n\nBest regards,\nInes Moreau")
    assert not learn_from(ticket_id=ticket.pk, episode=1)
    assert not Suggestion.objects.exists()
