"""What came of an answer is read from the journal: what customers said and did, never silence."""

from io import StringIO

import pytest
from django.core.management import call_command

from knowledge.services import answerability
from tickets.models import AgentRun, AgentStep, Csat, Handoff
from tickets.services.outcomes import answer_outcomes
from tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db

FEATURES = dict.fromkeys(answerability.FEATURES, 0.5)


@pytest.fixture
def ticket():
    return TicketFactory()


def run(ticket, *, act="request", answers=True, ledger="", episode=None):
    made = AgentRun.objects.create(
        ticket=ticket, episode=episode or ticket.episode, state=AgentRun.State.COMPLETED, input_sequence=1
    )
    steps = [("understand", {"act": act}, {}, None)]
    if answers:
        steps.append(("retrieve", {}, {"features": FEATURES}, 0.8))
        steps.append(("answer", {"is_factual": True}, {}, 0.9))
    if ledger:
        steps.append(("resolve", {"ledger": ledger}, {}, None))
    for index, (kind, given, output, confidence) in enumerate(steps, start=1):
        AgentStep.objects.create(
            run=made, index=index, kind=kind, state="done", input=given, output=output, confidence=confidence
        )
    return made


def verdicts():
    return [outcome.is_right for outcome in answer_outcomes()]


def test_an_answer_that_the_customer_confirmed_was_right(ticket):
    run(ticket)
    run(ticket, act="thanks", answers=False, ledger="confirmed")
    assert verdicts() == [True]


def test_an_answer_that_did_not_help_was_wrong_and_the_next_one_is_judged_for_itself(ticket):
    run(ticket)
    run(ticket, act="not_helpful")
    run(ticket, act="thanks", answers=False, ledger="confirmed")
    assert verdicts() == [False, True]


def test_a_return_with_the_same_trouble_makes_it_wrong(ticket):
    run(ticket, ledger="confirmed")
    run(ticket, act="not_helpful", answers=False, episode=2)
    assert verdicts() == [False]


@pytest.mark.parametrize("reason", ["customer_request", "repeated_failure", "negative_sentiment"])
def test_an_answer_after_which_a_person_was_needed_was_wrong(ticket, reason):
    run(ticket)
    Handoff.objects.create(ticket=ticket, episode=ticket.episode, reason=reason)
    assert verdicts() == [False]


def test_a_hand_off_for_another_matter_says_nothing(ticket):
    run(ticket)
    Handoff.objects.create(ticket=ticket, episode=ticket.episode, reason="policy")
    assert verdicts() == []


@pytest.mark.parametrize(("score", "expected"), [(5, [True]), (3, []), (1, [False])])
def test_stars_for_the_ai_agent_judge_its_last_answer(ticket, score, expected):
    run(ticket)
    Csat.objects.create(ticket=ticket, episode=ticket.episode, score=score, about="ai_agent")
    assert verdicts() == expected


def test_stars_for_a_person_say_nothing_about_the_ai_agent(ticket):
    run(ticket)
    Csat.objects.create(ticket=ticket, episode=ticket.episode, score=1, about="person")
    assert verdicts() == []


def test_silence_is_no_outcome(ticket):
    run(ticket, ledger="assumed")
    assert verdicts() == []


def test_outcomes_come_oldest_first_with_what_the_agent_added(ticket):
    run(ticket)
    run(ticket, act="thanks", answers=False, ledger="confirmed")
    other = TicketFactory()
    run(other)
    run(other, act="not_helpful", answers=False)
    found = answer_outcomes()
    assert [outcome.is_right for outcome in found] == [True, False]
    assert found[0].offset > 0  # 0.9 was said where the search had 0.8
    assert found[0].log_odds == pytest.approx(answerability.log_odds(FEATURES))


def test_the_command_says_how_many_outcomes_are_missing(ticket):
    run(ticket)
    run(ticket, act="thanks", answers=False, ledger="confirmed")
    said = StringIO()
    call_command("recalibrate", stdout=said)
    assert "1 are known, 60 are needed" in said.getvalue()
