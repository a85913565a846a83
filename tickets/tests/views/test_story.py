from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.tests.factories import UserFactory
from supportai.core import clock
from tickets.models import AgentConfiguration, AgentRun, AgentStep
from tickets.selectors_case import runs_of
from tickets.tests.factories import AgentRunFactory, AgentStepFactory, TicketFactory
from tickets.views.story import MAX_CALL_LINES, exact_call, flat, step_of, story_of_ticket

pytestmark = pytest.mark.django_db
Kind, State = AgentStep.Kind, AgentStep.State


def act(capability="billing.refund_charge", **fields) -> AgentStep:
    state = fields.pop("outcome", "succeeded")
    output = {"state": state, "action": f"sandbox.{capability.split('.')[1]}", "risk": "critical"}
    made: AgentStep = AgentStepFactory.create(
        kind=Kind.ACT,
        input={"capability": capability, "arguments": {"charge_id": "ch_2"}, "confirmation": "c"},
        output=output | fields.pop("output", {}),
        **fields,
    )
    return made


def tell(run: AgentRun, **settings):
    return story_of_ticket(runs_of(ticket_id=run.ticket_id), AgentConfiguration(**settings))


@pytest.mark.parametrize(
    ("step", "title", "mark"),
    [
        ({"outcome": "succeeded"}, "Refunded the charge", "proven"),
        ({"outcome": "failed"}, "Tried: refund charge", "failed"),
        ({"outcome": "unknown"}, "Tried: refund charge", "failed"),
        ({"outcome": "planned", "state": State.DECIDED}, "Waits for a person: refund charge", "waiting"),
        ({"outcome": "", "state": State.DECIDED}, "Calling: refund charge", ""),
        ({"outcome": "", "state": State.REFUSED, "rule": "not_owner"}, "Refused: refund charge", "refused"),
        ({"capability": "billing.find_charges"}, "Looked up the charges", "proven"),
        ({"capability": "billing.juggle"}, "Called juggle", "proven"),
    ],
)
def test_a_call_is_titled_by_what_came_of_it(step, title, mark):
    told = step_of(act(**step))
    assert (told.title, told.mark) == (title, mark)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (Kind.RETRIEVE, "Searched the help center"),
        (Kind.UNDERSTAND, "Understood"),
        (Kind.ASK, "Asked the customer"),
        (Kind.ANSWER, "Answered"),
        (Kind.RESOLVE, "Resolved"),
        (Kind.HAND_OFF, "Handed off"),
    ],
)
def test_every_other_step_has_a_title(kind, title):
    assert step_of(AgentStepFactory(kind=kind)).title == title


def test_the_exact_call_names_arguments_result_time_and_origin():
    step = act(output={"result": {"refund_id": "re_1"}, "execution": "0123456789"}, duration_ms=12)
    assert exact_call(step).splitlines() == [
        "sandbox.refund_charge()  critical",
        "  charge_id: ch_2",
        "  contact: bound by the platform",
        "  confirmed by the customer",
        "→ refund_id: re_1",
        "took 12 ms · execution 01234567",
    ]


def test_a_call_that_was_not_made_says_so():
    step = act(state=State.REFUSED, output={"refused": "It is not theirs."})
    assert "not called: It is not theirs." in exact_call(step)


def test_a_failed_call_shows_its_error():
    assert "→ error: time-out" in exact_call(act(outcome="failed", output={"error": "time-out"}))


def test_nested_results_are_indented():
    value = {
        "charges": [{"id": "ch_1", "is_paid": True}, {"id": "ch_2", "is_paid": False}],
        "tags": ["a"],
        "none": None,
    }
    assert list(flat(value)) == [
        "charges:",
        "  1.",
        "    id: ch_1",
        "    is_paid: true",
        "  2.",
        "    id: ch_2",
        "    is_paid: false",
        "tags:",
        "  - a",
        "none: none",
    ]


def test_a_huge_result_is_cut():
    lines = list(flat({str(n): n for n in range(500)}))
    assert len(lines) == MAX_CALL_LINES + 1
    assert lines[-1] == "…"


def test_passages_are_told_apart_by_whether_they_were_quoted():
    passages = [
        {"slug": "a", "title": "A", "revision_id": 1, "score": 0.81234},
        {"slug": "b", "title": "B", "revision_id": 2, "score": 0.4},
    ]
    step = AgentStepFactory(kind=Kind.RETRIEVE, output={"passages": passages, "sentences": [{"revision_id": 1}]})
    told = step_of(step)
    assert [(p.title, p.score, p.is_used) for p in told.passages] == [("A", "0.812", True), ("B", "0.400", False)]


def test_a_refused_question_shows_its_words():
    step = AgentStepFactory(kind=Kind.ASK, state=State.REFUSED, input={"text": "Shall I?"}, rule="same_answer_twice")
    told = step_of(step)
    assert (told.refused_text, told.rule) == ("Shall I?", "Same answer twice")


def test_what_was_understood_names_its_alternatives():
    given = {
        "act": "request",
        "intent": "double_charge",
        "alternatives": [["refund_request", 0.2]],
        "slots": {"id": "x"},
    }
    assert step_of(AgentStepFactory(input=given)).call.splitlines() == [
        "act: request",
        "intent: double_charge",
        "also possible: refund_request",
        "read: id: x",
    ]


def test_there_is_no_story_before_the_first_run():
    assert story_of_ticket([], AgentConfiguration()) is None


@pytest.mark.parametrize(
    ("probability", "word", "is_enough"),
    [(0.95, "Well supported", True), (0.8, "Likely", True), (0.5, "Unsure", False), (0.1, "No basis", False)],
)
def test_confidence_is_a_word_with_the_threshold_as_a_line(probability, word, is_enough):
    run = AgentRunFactory()
    AgentStepFactory(run=run, kind=Kind.RETRIEVE, confidence=probability)
    shown = tell(run, answer_threshold=0.6).confidence
    assert (shown.word, shown.is_enough) == (word, is_enough)
    assert (shown.value, shown.need) == (round(200 * probability), 120)
    assert "6 in 10" in shown.consequence
    assert "%" not in shown.consequence


def test_without_a_search_the_understanding_is_shown():
    run = AgentRunFactory()
    AgentStepFactory(run=run, confidence=0.92)
    shown = tell(run, act_threshold=0.8).confidence
    assert (shown.word, shown.need) == ("Well supported", 160)


def test_a_stop_for_another_reason_than_doubt_says_so():
    run = AgentRunFactory()
    AgentStepFactory(run=run, kind=Kind.HAND_OFF, input={"reason": "tool_failure"})
    assert tell(run).ending == "Stopped: a tool failed. Not because it was unsure."


def test_a_stop_out_of_doubt_claims_nothing_else():
    run = AgentRunFactory()
    AgentStepFactory(run=run, kind=Kind.HAND_OFF, input={"reason": "low_confidence"})
    assert tell(run).ending == "Stopped: not sure enough."


def test_a_waiting_approval_is_the_ending():
    assert tell(AgentRunFactory(state=AgentRun.State.WAITING_APPROVAL)).ending.startswith("It waits for a person")


def test_earlier_episodes_are_kept_apart():
    ticket = TicketFactory(episode=2)
    AgentRunFactory(ticket=ticket, episode=1)
    AgentStepFactory(run=AgentRunFactory(ticket=ticket, episode=2))
    story = story_of_ticket(runs_of(ticket_id=ticket.pk), AgentConfiguration())
    assert (len(story.earlier), len(story.turns)) == (1, 1)
    assert story.summary.startswith("1 turn, 1 step")


def test_versions_and_procedure_are_named():
    run = AgentRunFactory(versions={"settings": "3f9c"}, procedure="double_charge")
    assert tell(run).versions == "procedure double_charge · settings 3f9c"


class TestWhoDecided:
    """The page says unfolded which model was listened to, and what it took."""

    def test_the_local_policy_alone(self):
        run = AgentRunFactory()
        AgentStepFactory(run=run)
        assert tell(run).decided_by == "Decided by the local policy, without a language model."

    def test_models_with_their_tokens_and_cost(self):
        run = AgentRunFactory(tokens=120, cost_microdollars=1500)
        for model in ("Alpha: m-1", "Beta: m-2", "Alpha: m-1"):
            AgentStepFactory(run=run, model=model)
        assert tell(run).decided_by == "Decided with Alpha: m-1, Beta: m-2: 120 tokens, $0.0015."

    def test_models_that_all_failed(self):
        run = AgentRunFactory()
        AgentStepFactory(run=run, calls=[{"provider": "Alpha", "model": "m-1", "fault": "timed out"}])
        assert tell(run).decided_by == "Decided by the local policy, no language model answered."

    def test_it_stands_on_the_page(self, client):
        client.force_login(UserFactory(role="agent"))
        run = AgentRunFactory(tokens=7)
        AgentStepFactory(run=run, model="Alpha: m-1")
        page = client.get(reverse("tickets:story", args=[run.ticket.public_id])).content.decode()
        assert "Decided with Alpha: m-1: 7 tokens, no price set." in page


def test_the_time_of_work_does_not_count_the_wait_for_the_customer():
    run = AgentRunFactory(started_at=clock.now())
    AgentStepFactory(run=run, duration_ms=1500)
    AgentRun.objects.update(finished_at=clock.now() + timedelta(hours=3))
    assert tell(run).summary == "1 turn, 1 step, 1.5 s of work"


def test_a_passage_is_shown_without_markdown_marks():
    passages = [{"slug": "a", "title": "A", "score": 0.5, "text": "Choose **Record payment**."}]
    step = AgentStepFactory(kind=Kind.RETRIEVE, output={"passages": passages})
    assert step_of(step).passages[0].text == "Choose Record payment."


def test_the_models_that_were_asked_stand_in_the_details():
    calls = [
        {
            "provider": "Alpha",
            "model": "m-1",
            "prompt": "answer-1",
            "fault": "timed out after 20 s",
            "duration_ms": 20_000,
        },
        {
            "provider": "Beta",
            "model": "m-2",
            "prompt": "answer-1",
            "input_tokens": 8,
            "output_tokens": 2,
            "duration_ms": 900,
        },
    ]
    told = step_of(AgentStepFactory.build(kind="answer", calls=calls, story="Answered."))
    assert told.call.splitlines() == [
        "model: Alpha, m-1, timed out after 20 s, 20.0 s, prompt answer-1",
        "model: Beta, m-2, 8 + 2 tokens, no price set, 0.9 s, prompt answer-1",
    ]


def test_a_long_passage_is_opened_only():
    passages = [{"title": "A", "heading": "", "slug": "a", "score": 1, "text": "word " * 400, "revision_id": 1}]
    told = step_of(AgentStepFactory.build(kind="retrieve", output={"passages": passages, "sentences": []}))
    assert len(told.passages[0].text) <= 301
    assert told.passages[0].text.endswith("…")
