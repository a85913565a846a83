"""Which questions of customers count as missing an article."""

import pytest

from knowledge.models import Gap, GapQuestion
from knowledge.services import ingestion
from knowledge.tests.factories import publish_text
from tickets.events import HandoffRequested, TicketResolved
from tickets.models import AgentStep, Handoff, Ticket
from tickets.services.gaps import note_answer, note_handoff
from tickets.subscribers import learn, note_gap
from tickets.tests.factories import (
    AgentMessageFactory,
    AgentRunFactory,
    AgentStepFactory,
    CitationFactory,
    HandoffFactory,
    MessageFactory,
    ResolvedTicketFactory,
    StaffMessageFactory,
)

pytestmark = pytest.mark.django_db

QUESTION = "Do you ship printed invoices to Norway?"
ANSWER = "Yes, we ship printed invoices to Norway. Choose Print under Invoices and pay the postage there."


def handed_off(*, reason=Handoff.Reason.MISSING_KNOWLEDGE, query=QUESTION, starts="", output=None) -> Handoff:
    run = AgentRunFactory(state="handed_off")
    AgentStepFactory(run=run, kind=AgentStep.Kind.UNDERSTAND, input={"act": "request", "starts": starts})
    AgentStepFactory(
        run=run,
        kind=AgentStep.Kind.RETRIEVE,
        input={"query": query},
        output={"probability": 0.2} if output is None else output,
    )
    MessageFactory(ticket=run.ticket, body=QUESTION)
    return HandoffFactory(ticket=run.ticket, run=run, reason=reason)


@pytest.fixture
def answered() -> Ticket:
    """A ticket that a person answered and resolved."""
    ticket = ResolvedTicketFactory(handler="person", ledger="", resolved_by="staff")
    MessageFactory(ticket=ticket, body=QUESTION)
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    return ticket


@pytest.mark.parametrize("reason", ["missing_knowledge", "low_confidence"])
def test_a_handoff_after_a_search_without_a_good_answer_is_a_gap(reason):
    handoff = handed_off(reason=reason)
    assert note_handoff(handoff_id=handoff.pk)
    asked = GapQuestion.objects.get()
    assert (asked.text, asked.kind, asked.probability) == (QUESTION, "handed_off", 0.2)
    assert asked.origin == f"ticket:{handoff.ticket.public_id}:1"
    assert asked.contact == handoff.ticket.contact


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": Handoff.Reason.CUSTOMER_REQUEST},
        {"reason": Handoff.Reason.TOOL_FAILURE},
        {"starts": "refund"},
        {"output": {"probability": 0.0, "error": "The document store does not answer."}},
    ],
)
def test_other_handoffs_tell_nothing_about_articles(fields):
    assert not note_handoff(handoff_id=handed_off(**fields).pk)
    assert not Gap.objects.exists()


def test_a_handoff_without_a_search_or_a_run_tells_nothing():
    without_search = HandoffFactory(reason="missing_knowledge", run=AgentRunFactory())
    assert not note_handoff(handoff_id=without_search.pk)
    assert not note_handoff(handoff_id=HandoffFactory(reason="missing_knowledge").pk)
    assert not note_handoff(handoff_id=0)


def test_a_short_turn_is_read_with_what_was_asked_before():
    note_handoff(handoff_id=handed_off(query="and Norway?").pk)
    assert GapQuestion.objects.get().text == QUESTION


def test_what_a_person_answered_and_no_article_did_is_a_gap(answered):
    assert note_answer(ticket_id=answered.pk, episode=1)
    asked = GapQuestion.objects.get()
    assert (asked.text, asked.kind) == (QUESTION, "person_answered")


def test_a_handoff_that_a_person_answers_is_one_question():
    handoff = handed_off()
    note_handoff(handoff_id=handoff.pk)
    StaffMessageFactory(ticket=handoff.ticket, body=ANSWER)
    note_answer(ticket_id=handoff.ticket_id, episode=1)
    assert GapQuestion.objects.get().kind == "handed_off"


def test_what_articles_answer_by_now_is_no_gap(answered):
    publish_text("Printed invoices", "Yes, we ship printed invoices to Norway. Choose Print under Invoices.")
    ingestion.index_waiting()
    assert not note_answer(ticket_id=answered.pk, episode=1)


@pytest.mark.parametrize(
    "body",
    [
        "I have refunded the charge of last week to your card, it takes some days until you see it.",
        "All of this stands on https://support.example.com/help/printed-invoices/ with pictures.",
        "Sure, done!",
    ],
)
def test_answers_about_one_account_with_a_link_or_of_two_words_tell_nothing(body):
    ticket = ResolvedTicketFactory(handler="person")
    MessageFactory(ticket=ticket, body=QUESTION)
    StaffMessageFactory(ticket=ticket, body=body)
    assert not note_answer(ticket_id=ticket.pk, episode=1)


def test_an_episode_in_which_an_article_was_quoted_is_no_gap(answered):
    revision = publish_text("Printed invoices", "Somewhere else.").current_revision
    CitationFactory(message=AgentMessageFactory(ticket=answered), revision=revision)
    assert not note_answer(ticket_id=answered.pk, episode=1)


@pytest.mark.parametrize("given", [{"act": "human_request"}, {"act": "request", "starts": "refund"}])
def test_asking_for_a_person_and_procedures_are_no_gap(answered, given):
    AgentStepFactory(
        run=AgentRunFactory(ticket=answered), kind=AgentStep.Kind.UNDERSTAND, input=given, output={"text": QUESTION}
    )
    assert not note_answer(ticket_id=answered.pk, episode=1)


def test_a_ticket_that_is_gone_or_without_a_question_is_no_gap():
    assert not note_answer(ticket_id=0, episode=1)
    ticket = ResolvedTicketFactory(handler="person")
    StaffMessageFactory(ticket=ticket, body=ANSWER)
    assert not note_answer(ticket_id=ticket.pk, episode=1)


def test_the_events_reach_the_gaps(answered):
    handoff = handed_off()
    note_gap(HandoffRequested(ticket_id=handoff.ticket_id, handoff_id=handoff.pk, reason=handoff.reason))
    learn(TicketResolved(ticket_id=answered.pk, episode=1, actor_kind="staff", ledger=""))
    assert Gap.objects.get().question_count == 2
