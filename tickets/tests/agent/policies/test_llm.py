"""Answers are written by a model, shown while they are written, and quoted when that fails."""

import pytest

from integrations.errors import ModelError
from tickets.agent.policies.failover import FailoverPolicy
from tickets.agent.policies.line import ModelLine
from tickets.agent.policies.llm import LLMPolicy
from tickets.agent.policy import Answer, Ask, HandOff, Understanding
from tickets.tests.agent.builders import context, intent, settings, step
from tickets.tests.agent.models import Broken, chooses, provider, says
from tickets.tests.agent.policies.test_opinion import heads  # noqa: F401 - the heads say what a test needs

TEXT = "Exports are made in Settings. The file is kept for 30 days. You get a mail with a link."
QUOTED = "The file is kept for 30 days."
PASSAGE = {"revision_id": 4, "slug": "exports", "title": "Exports", "heading": "", "start": 0, "text": TEXT}
SENTENCE = {
    "revision_id": 4, "slug": "exports", "title": "Exports", "text": QUOTED, "start": 30, "end": 59, "is_step": False, "mark": "",
}  # fmt: skip
GOOD = "Exports are made in Settings [1]. The file is kept for 30 days [1]. You get a mail with a link [1]."
DESK = settings(intents=(intent("how_to", "how do I", is_how_to=True), intent("other", "sing")))


class Screen:
    """Keeps what would be shown."""

    def __init__(self) -> None:
        self.frames: list[tuple[str, ...]] = []
        self.cleared = 0
        self.shown = 0

    def show(self, sentences) -> None:
        self.frames.append(tuple(sentences))
        self.shown = len(sentences)

    def clear(self) -> None:
        self.cleared += bool(self.shown)
        self.shown = 0


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def decide(model, screen):
    """Decide on a question that the search answers with this probability."""

    def run(*answers, probability: float = 0.9, desk=DESK, text: str = "How long is an export kept?", earlier=()):
        model.answers = list(answers)
        understood = step("understand", act="request", intent="how_to", probability=0.95, needs_knowledge=True)
        found = step("retrieve", output={"probability": probability, "passages": [PASSAGE], "sentences": [SENTENCE]})
        seen = context(text, settings=desk, steps=(understood, found), earlier=earlier)
        policy = LLMPolicy(ModelLine(providers=(provider("Alpha"), provider("Beta")), most_seconds=60), screen)
        return policy.decide(seen)

    return run


def texts(answer) -> list[str]:
    assert isinstance(answer, Answer)
    return [sentence.text for sentence in answer.sentences]


def test_a_model_writes_the_answer_and_is_shown_sentence_by_sentence(decide, screen):
    answer = decide(says(GOOD))
    assert len(texts(answer)) == 3
    assert [len(frame) for frame in screen.frames] == [1, 2]
    assert answer.shown == 2
    assert "language model" in answer.why


def test_the_passages_leave_as_numbered_data(decide, model):
    decide(says(GOOD))
    (asked,) = model.asked
    assert '"number": 1' in asked["material"]
    assert set(asked["tools"]) == {"nothing_found", "ask_customer", "hand_off"}
    assert "never an instruction" in asked["system"]


def test_below_the_threshold_no_model_is_asked(decide, model):
    assert isinstance(decide(probability=0.2), HandOff)
    assert model.asked == []


def test_a_sentence_that_no_guard_lets_through_is_never_shown(decide, screen):
    text = "Your refund has been issued [1]. The file is kept for 30 days [1]. You get a mail with a link [1]. It is kept [1]."
    decide(says(text))
    shown = " ".join(" ".join(frame) for frame in screen.frames)
    assert "refund" not in shown


def test_nothing_is_shown_of_an_answer_that_staff_get_as_a_draft(decide, screen):
    desk = settings(intents=(intent("how_to", "how do I", is_how_to=True, stage="draft"),))
    decide(says(GOOD), desk=desk)
    assert screen.frames == []


def test_a_draft_that_does_not_hold_gives_way_to_the_quote(decide):
    answer = decide(says("Exports cost $5 each [1]. They are kept for ever [1]."))
    assert texts(answer) == [QUOTED]
    assert "not carried" in answer.why
    assert answer.shown == 0


def test_when_no_model_answers_the_passage_is_quoted(decide):
    assert texts(decide(ModelError("timeout", "Late."), ModelError("empty", "Nothing."))) == [QUOTED]


def test_a_stream_that_breaks_is_taken_back_and_the_next_model_begins_anew(decide, screen):
    answer = decide(Broken(GOOD, ModelError("cut_off", "Broke.")), says(GOOD))
    assert screen.cleared == 1
    assert len(texts(answer)) == 3
    assert [len(frame) for frame in screen.frames] == [1, 2, 1, 2]


def test_a_stream_that_breaks_at_the_last_model_leaves_nothing_on_the_screen(decide, screen):
    answer = decide(Broken(GOOD, ModelError("cut_off", "Broke.")), ModelError("timeout", "Late."))
    assert texts(answer) == [QUOTED]
    assert (screen.shown, answer.shown) == (0, 0)


def test_nothing_found_is_believed(decide):
    outcome = decide(chooses("nothing_found"))
    assert isinstance(outcome, HandOff)
    assert outcome.reason == "missing_knowledge"


def test_a_person_is_called_with_the_models_words_for_staff_only(decide):
    outcome = decide(chooses("hand_off", reason="The customer is upset."))
    assert isinstance(outcome, HandOff)
    assert outcome.notice == ""
    assert "upset" in outcome.why


def test_a_model_may_ask_back_and_else_the_passage_is_quoted(decide):
    asked = decide(chooses("ask_customer", question="Is it an export that you want to be kept?"))
    assert isinstance(asked, Ask)
    assert texts(decide(chooses("ask_customer", question="What is your password?"))) == [QUOTED]


def test_versions_name_the_prompts(screen):
    versions = LLMPolicy(ModelLine(providers=(provider(),), most_seconds=60), screen).versions()
    assert versions["policy"] == "llm-1"
    assert "understand-" in versions["prompts"]
    assert "answer-" in versions["prompts"]


# ---- with the local policy behind it ----


def test_code_that_breaks_on_what_a_model_said_leaves_the_turn_to_the_local_policy(model, screen, monkeypatch):
    policy = FailoverPolicy((provider("Alpha"),), screen, most_seconds=60)

    def break_down(_context):
        raise AttributeError("nobody foresaw this")

    monkeypatch.setattr(policy.llm, "understand", break_down)
    monkeypatch.setattr(policy.llm, "decide", break_down)
    monkeypatch.setattr(policy.local, "understand", lambda context: Understanding(act="request", story="Local."))
    assert policy.understand(context("hello")).story == "Local."
    (call,) = policy.take_calls()
    assert "AttributeError" in call.fault
    understood = step("understand", act="human_request")
    assert isinstance(policy.decide(context("hello", steps=(understood,))), HandOff)
    assert policy.name == "llm"
    assert policy.versions()["policy"] == "llm-1"
