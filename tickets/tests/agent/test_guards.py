"""What the loop enforces, whoever decided."""

import pytest

from tickets.agent.guards.base import Refusal
from tickets.agent.guards.confirmations import refuse_made_up_confirmations
from tickets.agent.guards.grounding import keep_grounded
from tickets.agent.guards.links import keep_known_links
from tickets.agent.guards.promises import refuse_false_claims
from tickets.agent.guards.repeats import refuse_repeats
from tickets.agent.guards.thresholds import refuse_unsure
from tickets.agent.policy import Act, Answer, Ask, Cited, HandOff, Sentence, from_json, to_json
from tickets.tests.agent.builders import context, step


def answer(*texts, quote="Open Settings. Press Export.", **changes):
    values = {
        "sentences": tuple(Sentence(text=text, source=0) for text in texts),
        "sources": (Cited(title="Exports", quote=quote, revision_id=1),),
        "is_factual": True,
        "confidence": 0.9,
    }
    return Answer(**(values | changes))


def test_a_decision_survives_the_journal():
    for decision in (
        answer("Press Export."),
        Ask(text="Which?", expects="choice", options=({"label": "a", "value": {"id": 1}},)),
        Act(capability="billing.find_charges", arguments={}, procedure="p", step="s"),
        HandOff(reason="policy"),
    ):
        assert from_json(to_json(decision)) == decision


def test_an_unsupported_sentence_is_removed():
    kept = keep_grounded(answer("Press Export.", "We give a discount of 50 percent."), context())
    assert isinstance(kept, Answer)
    assert [s.text for s in kept.sentences] == ["Press Export."]


def test_an_answer_without_any_supported_sentence_is_refused():
    refusal = keep_grounded(answer("Everything is free."), context())
    assert isinstance(refusal, Refusal)
    assert refusal.instead.reason == "missing_knowledge"


def test_a_sentence_without_a_source_does_not_count_as_supported():
    loose = answer("Press Export.", sources=())
    assert isinstance(keep_grounded(loose, context()), Refusal)


CLAIMS = [
    "I have refunded your second charge.",
    "We've just sent the invoice.",
    "Your subscription has been cancelled.",
    "The refund has been issued.",
    "I reset it.",
]


@pytest.mark.parametrize("text", CLAIMS)
def test_a_claim_without_a_success_is_refused(text):
    outcome = refuse_false_claims(Answer(sentences=(Sentence(text=text),)), context())
    assert isinstance(outcome, Refusal)
    assert outcome.rule == "no_claim_without_a_success"


@pytest.mark.parametrize("text", CLAIMS)
def test_the_same_words_pass_after_a_success(text):
    done = step("act", step="refund", output={"state": "succeeded", "risk": "critical"})
    decision = Answer(sentences=(Sentence(text=text),))
    assert refuse_false_claims(decision, context(steps=(done,))) is decision


def test_a_look_up_is_no_success():
    read = step("act", step="found", output={"state": "succeeded", "risk": "read"})
    assert isinstance(
        refuse_false_claims(Answer(sentences=(Sentence(text=CLAIMS[0]),)), context(steps=(read,))), Refusal
    )


@pytest.mark.parametrize("text", ["Nothing was refunded.", "Shall I refund it?", "Your charge was not refunded."])
def test_a_question_or_denial_is_no_claim(text):
    decision = Ask(text=text, expects="confirm")
    assert refuse_false_claims(decision, context()) is decision


def test_an_answer_below_its_threshold_becomes_a_draft_for_staff():
    refusal = refuse_unsure(answer("Press Export.", confidence=0.4), context())
    assert isinstance(refusal, Refusal)
    assert refusal.instead.draft == "Press Export."


def test_an_action_below_its_threshold_is_refused():
    act = Act(capability="x.y", arguments={}, procedure="p", step="s", confidence=0.79)
    assert isinstance(refuse_unsure(act, context()), Refusal)
    sure = Act(capability="x.y", arguments={}, procedure="p", step="s", confidence=0.8)
    assert refuse_unsure(sure, context()) is sure


def test_the_same_answer_is_not_sent_twice():
    said = step("answer", **to_json(answer("Press Export.")))
    assert isinstance(refuse_repeats(answer("Press Export."), context(earlier=(said,))), Refusal)
    other = answer("Open Settings.")
    assert refuse_repeats(other, context(earlier=(said,))) is other


def test_links_and_images_that_no_source_holds_are_removed():
    decision = answer(
        "See https://good.example/a and https://evil.example/x ![p](https://evil.example/p.png)",
        quote="See https://good.example/a for more.",
    )
    cleaned = keep_known_links(decision, context())
    assert isinstance(cleaned, Answer)
    assert cleaned.sentences[0].text == "See https://good.example/a and [link removed] "


REFUND = {"capability": "billing.refund_charge", "arguments": {"charge_id": "ch_1", "amount_cents": 500}}


def confirmed_context(value=True):
    asked = step("ask", expects="confirm", procedure="refund", step="agreed", about={"call": REFUND})
    reply = step("understand", reply={"ask": asked.id, "step": "agreed", "value": value})
    return asked.id, context(earlier=(asked,), steps=(reply,))


def act(confirmation, **changes):
    return Act(**(REFUND | {"procedure": "refund", "step": "refund", "confirmation": confirmation} | changes))


def test_a_yes_allows_the_call_that_was_asked_about():
    confirmation, seen = confirmed_context()
    decision = act(confirmation)
    assert refuse_made_up_confirmations(decision, seen) is decision


@pytest.mark.parametrize(
    "changes",
    [
        {"arguments": {"charge_id": "ch_1", "amount_cents": 10_000}},
        {"arguments": {"charge_id": "ch_2", "amount_cents": 500}},
        {"arguments": {"charge_id": "ch_1"}},
        {"capability": "billing.cancel_subscription"},
    ],
)
def test_a_yes_allows_no_other_call(changes):
    confirmation, seen = confirmed_context()
    assert isinstance(refuse_made_up_confirmations(act(confirmation, **changes), seen), Refusal)


def test_a_made_up_confirmation_or_a_no_allows_nothing():
    confirmation, seen = confirmed_context(value=False)
    assert isinstance(refuse_made_up_confirmations(act(confirmation), seen), Refusal)
    assert isinstance(refuse_made_up_confirmations(act("made-up"), confirmed_context()[1]), Refusal)
