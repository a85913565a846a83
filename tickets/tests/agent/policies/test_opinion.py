"""A model is heard beside the heads, once a turn, and only where grammar has not settled it."""

from dataclasses import asdict

import pytest

from integrations.errors import ModelError
from supportai.core.heads import Prediction
from tickets.agent import understanding
from tickets.agent.context import AgentContext, Said
from tickets.agent.policies.line import ModelLine
from tickets.agent.policies.local import next_step
from tickets.agent.policies.opinion import ModelOpinion
from tickets.agent.policies.reading import read_turn
from tickets.agent.policy import Ask, Understanding, to_json
from tickets.selectors_agent import StepRule
from tickets.tests.agent.builders import context, intent, procedure, settings, step
from tickets.tests.agent.models import chooses, provider, says

FIND = StepRule(key="found", kind="look_up", capability="billing.find_charges")
DESK = settings(
    intents=(
        intent("refund", "refund me"),
        intent("plan", "change my plan"),
        intent("how_to", "how do I", is_how_to=True),
        intent("human_request", "a person"),
        intent("small_talk", "hi"),
        intent("other", "sing"),
    ),
    procedures=(procedure("refund", FIND), procedure("plan", FIND)),
)
CONFIRM = Ask(
    text="Shall I refund $5.00 of ch_1?", expects="confirm", procedure="refund", step="agreed",
    card={"yes": "Yes, refund", "no": "No"}, about={"ids": ["ch_1"]},
)  # fmt: skip
CHOICE = Ask(
    text="Which?", expects="choice", procedure="refund", step="charge",
    options=({"label": "March", "value": {"id": "ch_1"}, "id": "ch_1"}, {"label": "April", "value": {"id": "ch_2"}, "id": "ch_2"}),
)  # fmt: skip
VALUE = Ask(text="Which page?", expects="value", procedure="refund", step="page")


@pytest.fixture(autouse=True)
def heads(monkeypatch):
    """Let tests say what the heads hear."""
    heard = {
        "act": (("request", 0.9), ("thanks", 0.04), ("not_helpful", 0.03), ("greeting", 0.02), ("human_request", 0.01)),
        "ranked": (("refund", 0.5), ("plan", 0.3), ("how_to", 0.1), ("other", 0.06), ("human_request", 0.02), ("small_talk", 0.02)),
    }  # fmt: skip
    monkeypatch.setattr(understanding, "classify_act", lambda text: Prediction(ranked=heard["act"], nearest=0.9))
    for name in ("classify_intent", "intents_before_a_witness"):
        monkeypatch.setattr(understanding, name, lambda text, *, history, settings: heard["ranked"])
    monkeypatch.setattr(understanding, "nearest_phrases", lambda text, settings, *, each: {})
    return heard


def seen(text: str, pending: Ask | None = None, **changes) -> AgentContext:
    earlier = (step("ask", **to_json(pending)),) if pending else changes.pop("earlier", ())
    return context(text, settings=DESK, earlier=earlier, **changes)


def understand(model, text: str, *answers, pending: Ask | None = None, **changes) -> Understanding:
    model.answers = list(answers)
    line = ModelLine(providers=(provider(),), most_seconds=60)
    seen_context = seen(text, pending, **changes)
    return read_turn(seen_context, ModelOpinion(seen_context, line))


WORDS = "a few more words here"


def test_agreement_makes_sure_enough_to_start_what_the_head_alone_would_not(model):
    understood = understand(model, WORDS, chooses("refund"))
    assert (understood.intent, understood.starts) == ("refund", "refund")
    assert understood.probability > 0.8


def test_disagreement_makes_neither_sure_and_keeps_both_for_the_question(model, heads):
    heads["ranked"] = (("refund", 0.9), ("plan", 0.06), ("how_to", 0.04))
    understood = understand(model, WORDS, chooses("plan"))
    assert understood.starts == ""
    assert {understood.intent, understood.alternatives[0][0]} == {"refund", "plan"}


def test_the_models_own_word_is_no_probability(model, heads):
    heads["ranked"] = (("refund", 0.97), ("plan", 0.01), ("how_to", 0.02))
    understood = understand(model, WORDS, chooses("plan"))
    assert (understood.intent, understood.starts) == ("refund", "refund")


def test_without_any_model_the_turn_is_read_as_ever(model):
    understood = understand(model, WORDS, ModelError("timeout", "Late."))
    assert (understood.intent, understood.probability) == ("refund", 0.5)


@pytest.mark.parametrize(
    "answer", [says("I think it is a refund."), chooses("no_such_tool"), chooses("give_value", value="x")]
)
def test_a_choice_of_nothing_that_was_offered_counts_as_none(model, answer):
    assert understand(model, WORDS, answer).probability == 0.5


def test_a_model_is_asked_once_a_turn(model):
    understand(model, WORDS, chooses("refund"))
    assert len(model.asked) == 1


@pytest.mark.parametrize("text", ["Can I talk to a human please", "put me through to an agent"])
def test_plain_words_for_a_person_need_no_model(model, text):
    assert understand(model, text).act == "human_request"
    assert model.asked == []


@pytest.mark.parametrize(("text", "value"), [("yes please", True), ("no thanks", False)])
def test_a_plain_yes_or_no_needs_no_model(model, text, value):
    assert understand(model, text, pending=CONFIRM).reply["value"] is value
    assert model.asked == []


def test_a_models_yes_is_never_a_yes(model):
    understood = understand(model, "that is how it is I guess", chooses("answer_yes"), pending=CONFIRM)
    assert "value" not in understood.reply


def test_a_models_no_is_a_no_where_words_are_unclear(model):
    assert understand(model, "let me sleep over it", chooses("answer_no"), pending=CONFIRM).reply["value"] is False


def test_a_models_no_does_not_swallow_a_changed_wish(model):
    understood = understand(model, "yes, refund ch_1, not ch_2", chooses("answer_no"), pending=CONFIRM)
    assert "value" not in understood.reply
    assert understood.starts == "refund"


def test_a_new_wish_between_question_and_yes_is_heard(model, heads):
    heads["ranked"] = (("plan", 0.9), ("refund", 0.05), ("how_to", 0.05))
    assert understand(model, "I would rather change the plan", chooses("plan"), pending=CONFIRM).starts == "plan"


def test_an_option_is_chosen_by_words_or_by_the_models_number(model):
    assert understand(model, "March", pending=CHOICE).reply["value"] == {"id": "ch_1"}
    assert model.asked == []
    found = understand(model, "the one before Easter", chooses("choose_option", number=2), pending=CHOICE)
    assert found.reply["value"] == {"id": "ch_2"}


@pytest.mark.parametrize("number", [0, 3, 99])
def test_a_number_that_is_no_option_chooses_nothing(model, number):
    found = understand(model, "the one before Easter", chooses("choose_option", number=number), pending=CHOICE)
    assert "value" not in found.reply


def test_a_value_is_cut_out_of_the_customers_own_words_only(model):
    text = "it happens on the billing page"
    assert (
        understand(model, text, chooses("give_value", value="billing page"), pending=VALUE).reply["value"]
        == "billing page"
    )
    assert understand(model, text, chooses("give_value", value="admin page"), pending=VALUE).reply["value"] == text


REPLIED = {
    "said": (Said(sequence=1, author="customer", text="Hi"), Said(sequence=2, author="ai_agent", text="Do this."))
}


def test_thanks_take_head_and_model_together(model, heads):
    assert understand(model, "that is it then", chooses("thanks"), **REPLIED).act == "request"
    heads["act"] = (("request", 0.6), ("thanks", 0.4))
    assert understand(model, "that is it then", chooses("thanks"), **REPLIED).act == "thanks"


@pytest.mark.parametrize(("share", "is_closed"), [(0.4, False), (0.7, True)])
def test_a_model_alone_never_closes_a_ticket_in_the_customers_name(model, heads, share, is_closed):
    heads["act"] = (("request", 1 - share), ("thanks", share))
    understood = understand(model, "that is it then", chooses("thanks"), **REPLIED)
    assert (understood.act, understood.probability) == ("thanks", share)
    turn = seen("that is it then", steps=(step("understand", **asdict(understood)),))
    assert next_step(turn, lambda _context: None).ledger == ("confirmed" if is_closed else "")


def test_a_model_does_not_turn_thanks_into_a_wish_alone(model, heads):
    heads["act"] = (("thanks", 0.99), ("request", 0.01))
    assert understand(model, "great, that worked", chooses("refund"), **REPLIED).act == "thanks"


def test_a_wish_for_a_person_in_odd_words_takes_head_and_model(model, heads):
    heads["act"] = (("request", 0.7), ("human_request", 0.3))
    assert understand(model, "is there nobody of flesh and blood", chooses("wants_a_person")).act == "human_request"


def test_a_question_goes_to_the_articles_when_both_take_it_for_one(model, heads):
    heads["ranked"] = (("how_to", 0.6), ("refund", 0.4))
    understood = understand(model, WORDS, chooses("answer_from_articles"))
    assert (understood.intent, understood.needs_knowledge) == ("how_to", True)


def test_nothing_of_these_speaks_for_other(model, heads):
    heads["ranked"] = (("refund", 0.5), ("other", 0.5))
    assert understand(model, WORDS, chooses("nothing_of_these")).intent == "other"


def test_a_turn_that_answers_is_no_new_wish_because_of_the_heads_alone(model, heads):
    heads["ranked"] = (("plan", 0.85), ("refund", 0.1), ("how_to", 0.05))
    text = "the plan page in the settings"
    assert understand(model, text, chooses("give_value", value=text), pending=VALUE).reply["value"] == text
