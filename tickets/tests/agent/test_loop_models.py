"""The whole loop with a model at its side: what is journalled, shown, kept and taken back."""

import pytest

from integrations.errors import ModelError
from integrations.models import ActionExecution
from knowledge.errors import SearchUnavailableError
from knowledge.services.articles import create_article
from supportai.core import clock
from supportai.core.actors import SYSTEM
from tickets.models import AgentRun, AgentStep, Handoff, Stage
from tickets.services import runs
from tickets.tests.agent.models import Broken, FakeModel, chooses, provider, says
from tickets.tests.agent.policies.test_llm import GOOD, PASSAGE, QUOTED, SENTENCE
from tickets.views.story import turn_of

pytestmark = pytest.mark.django_db

LATE = ModelError("timeout", "Late.")
QUESTION = "How can I invite a colleague?"


@pytest.fixture
def two(monkeypatch, model) -> FakeModel:
    """Configure two providers, Alpha before Beta."""
    rows = (provider("Alpha"), provider("Beta", row=2))
    monkeypatch.setattr("integrations.services.generators.active_providers", lambda: rows)
    return model


@pytest.fixture
def library(db, monkeypatch):
    """Let the search find one article whenever it is asked."""
    article = create_article(title="Exports", body=PASSAGE["text"], slug="exports", actor=SYSTEM, is_published=True)
    own = {"revision_id": article.current_revision_id}
    passage, sentence = {**PASSAGE, **own, "score": 1.0}, {**SENTENCE, **own}
    found = {"probability": 0.9, "features": {}, "passages": [passage], "sentences": [sentence]}
    monkeypatch.setattr("tickets.agent.loop.retrieve", lambda context: found)


@pytest.fixture
def frames(monkeypatch) -> list[dict]:
    sent: list[dict] = []
    monkeypatch.setattr("tickets.agent.live.send_frame", lambda group, frame: sent.append(frame))
    return sent


def streams(frames) -> list[dict]:
    return [frame for frame in frames if frame["type"] == "stream"]


def steps(desk) -> list[AgentStep]:
    return list(AgentStep.objects.filter(run__ticket=desk.ticket).order_by("run_id", "index"))


def test_a_model_reads_and_writes_and_all_of_it_is_journalled(desk, two, library):
    two.answers = [chooses("answer_from_articles"), says(GOOD)]
    assert "You get a mail with a link. [1]" in desk.say(QUESTION)
    run = desk.run()
    assert (run.policy, run.state, run.tokens, run.cost_microdollars) == ("llm", AgentRun.State.COMPLETED, 240, 100)
    assert run.versions["policy"] == "llm-1"
    assert "understand-1" in run.versions["prompts"]
    understood, _, answered = steps(desk)
    assert (understood.model, understood.tokens) == ("Alpha: m-1", 120)
    assert understood.calls[0]["said"] == "chose answer_from_articles"
    assert answered.calls[0]["prompt"] == "answer-1"


def test_what_was_written_is_shown_before_it_is_stored_and_never_shrinks(desk, two, library, frames):
    two.answers = [chooses("answer_from_articles"), says(GOOD)]
    desk.say(QUESTION)
    lengths = [len(frame["text"]) for frame in streams(frames)]
    assert lengths == sorted(lengths)
    assert len(lengths) >= 3
    assert not any(frame["discard"] for frame in streams(frames))


def test_a_stream_that_breaks_after_two_sentences_is_taken_back_and_the_quote_is_said(desk, two, library, frames):
    two.answers = [chooses("answer_from_articles"), Broken(GOOD, ModelError("cut_off", "Broke.")), LATE]
    assert desk.say(QUESTION) == f"{QUOTED} [1]"
    told = streams(frames)
    discarded = [index for index, frame in enumerate(told) if frame["discard"]]
    assert len(discarded) == 1
    assert discarded[0] >= 2
    assert told[-1]["text"] == QUOTED


def test_staff_read_which_model_failed_and_who_went_on(desk, two, library):
    two.answers = [LATE, chooses("answer_from_articles"), says(GOOD)]
    desk.say(QUESTION)
    understood, _, answered = steps(desk)
    assert understood.story.endswith("Alpha timed out after 0 s; Beta went on.")
    assert "passed over" in answered.story
    lines = [step.call for step in turn_of(desk.run()).steps]
    assert "model: Alpha, m-1, timed out after 0 s" in lines[0]
    assert "Beta, m-1 wrote 3 sentences, 100 + 20 tokens, $0.0001" in lines[2]


def test_without_any_model_the_local_policy_goes_on_and_says_so(desk, two):
    two.answers = [LATE, ModelError("rate_limited", "Busy.")]
    assert "Shall I refund" in desk.say("I think you charged me twice for the same month?")
    assert "the local policy went on" in steps(desk)[0].story
    assert "I have refunded $49.00" in desk.say("yes please")


def test_a_model_cannot_say_yes_for_the_customer(desk, two):
    two.answers = [chooses("double_charge"), chooses("answer_yes")]
    desk.say("I was charged twice")
    desk.say("that is how things are I suppose")
    assert desk.refunded() == [0, 0]


def test_a_model_names_no_charge_and_no_amount(desk, two):
    two.answers = [
        says("", ("double_charge", {"charge_id": "ch_9", "amount_cents": 999_999})),
        chooses("double_charge"),
    ]
    assert "$49.00" in desk.say("I was charged twice")
    assert not ActionExecution.objects.exclude(risk="read").exists()


def test_an_intent_that_is_off_stays_off_whatever_a_model_wants(desk, two):
    Stage.objects.filter(intent__slug="double_charge").update(level="off", updated_at=clock.now())
    two.answers = [chooses("feature_request")]
    desk.say("I was charged twice, please look at it")
    assert "double_charge" not in two.asked[0]["tools"]
    assert Handoff.objects.get(ticket=desk.ticket).reason == "policy"


def test_a_person_who_takes_over_while_a_model_writes_is_not_interrupted(desk, two, library, frames, monkeypatch):
    two.answers = [chooses("answer_from_articles"), says(GOOD)]
    real = two.complete

    def take_over_first(*args, **kwargs):
        if len(two.asked) == 1:
            AgentRun.objects.filter(ticket=desk.ticket or AgentRun.objects.get().ticket).update(state="cancelled")
        return real(*args, **kwargs)

    monkeypatch.setattr("tickets.agent.policies.line.complete", take_over_first)
    desk.say(QUESTION)
    assert streams(frames) == []
    assert desk.replies() == []


def test_a_resumed_run_asks_no_model_for_what_is_journalled(desk, two, library, monkeypatch):
    two.answers = [chooses("answer_from_articles"), says(GOOD)]
    finish = runs.finish_run

    def crash(*_args, **_kwargs):
        monkeypatch.setattr(runs, "finish_run", finish)
        raise RuntimeError("killed")

    monkeypatch.setattr(runs, "finish_run", crash)
    desk.say(QUESTION)
    from tickets.agent.loop import run_agent

    run_agent(desk.run().pk)
    assert desk.run().state == AgentRun.State.COMPLETED
    assert len(two.asked) == 2
    assert len(desk.replies()) == 1


def test_a_search_that_is_away_ends_with_a_person_who_knows_why(desk, monkeypatch):
    def refuse(**_given):
        raise SearchUnavailableError("The search does not answer.")

    monkeypatch.setattr("knowledge.services.search.search", refuse)
    assert desk.say("How do I set up the flux capacitor for time travel?")
    assert Handoff.objects.get(ticket=desk.ticket).reason == "tool_failure"
    assert any("Could not search" in step.story for step in steps(desk))
