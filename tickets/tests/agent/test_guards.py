"""What the loop enforces, whoever decided."""

import pytest

from tickets.agent.confirmations import only_real_answers
from tickets.agent.guards.base import Refusal
from tickets.agent.guards.confirmations import refuse_made_up_confirmations
from tickets.agent.guards.grounding import keep_grounded
from tickets.agent.guards.links import keep_known_links
from tickets.agent.guards.procedures import hold_to_procedure
from tickets.agent.guards.promises import refuse_false_claims
from tickets.agent.guards.repeats import refuse_repeats
from tickets.agent.guards.thresholds import refuse_unsure
from tickets.agent.policy import Act, Answer, Ask, Cited, HandOff, Sentence, Understanding, from_json, to_json
from tickets.selectors_agent import StepRule
from tickets.tests.agent.builders import context, procedure, settings, step


def answer(*texts, quote="Open Settings. Press Export.", **changes):
    values = {
        "sentences": tuple(Sentence(text=text, source=0) for text in texts),
        "sources": (Cited(title="Exports", quote=quote, revision_id=1),),
        "is_factual": True,
        "confidence": 0.9,
    }
    return Answer(**(values | changes))


def found(text="Open Settings. Press Export.", revision_id=1):
    return step("retrieve", output={"sentences": [], "passages": [{"revision_id": revision_id, "text": text}]})


SEARCHED = context(steps=(found(),))


def test_a_decision_survives_the_journal():
    for decision in (
        answer("Press Export."),
        Ask(text="Which?", expects="choice", options=({"label": "a", "value": {"id": 1}},)),
        Act(capability="billing.find_charges", arguments={}, procedure="p", step="s"),
        HandOff(reason="policy"),
    ):
        assert from_json(to_json(decision)) == decision


def test_an_unsupported_sentence_is_removed():
    kept = keep_grounded(answer("Press Export.", "We give a discount of 50 percent."), SEARCHED)
    assert isinstance(kept, Answer)
    assert [s.text for s in kept.sentences] == ["Press Export."]


def test_an_answer_without_any_supported_sentence_is_refused():
    refusal = keep_grounded(answer("Everything is free."), SEARCHED)
    assert isinstance(refusal, Refusal)
    assert refusal.instead.reason == "missing_knowledge"


def test_a_sentence_without_a_source_does_not_count_as_supported():
    loose = answer("Press Export.", sources=())
    assert isinstance(keep_grounded(loose, SEARCHED), Refusal)


def test_a_made_up_quote_or_revision_carries_nothing():
    lie = answer("Everything is free.", quote="Everything is free.")
    assert isinstance(keep_grounded(lie, SEARCHED), Refusal)
    assert isinstance(keep_grounded(answer("Press Export."), context(steps=(found(revision_id=2),))), Refusal)
    assert isinstance(keep_grounded(answer("Press Export."), context()), Refusal)


def test_an_answer_with_an_article_is_factual_whatever_it_says_of_itself():
    assert isinstance(keep_grounded(answer("Everything is free.", is_factual=False), SEARCHED), Refusal)


def test_the_quote_is_put_together_from_what_was_kept():
    kept = keep_grounded(answer("Press Export.", quote="See https://evil.example"), SEARCHED)
    assert kept.sources[0].quote == "Press Export."


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


READ = step("act", step="found", output={"state": "succeeded", "risk": "read"})


def test_a_look_up_is_no_success():
    decision = Answer(sentences=(Sentence(text=CLAIMS[0]),))
    assert isinstance(refuse_false_claims(decision, context(steps=(READ,))), Refusal)


def test_a_look_up_may_say_how_things_are():
    decision = Answer(sentences=(Sentence(text="Your subscription is cancelled already."),))
    assert refuse_false_claims(decision, context(steps=(READ,))) is decision
    assert isinstance(refuse_false_claims(decision, context()), Refusal)


def test_a_success_of_an_earlier_turn_bears_out_no_new_claim():
    done = step("act", step="refund", output={"state": "succeeded", "risk": "critical"})
    decision = Answer(sentences=(Sentence(text=CLAIMS[0]),))
    assert isinstance(refuse_false_claims(decision, context(earlier=(done,))), Refusal)


@pytest.mark.parametrize(
    "decision",
    [
        HandOff(reason="policy", notice="I have refunded your $500.00."),
        Answer(sentences=(Sentence(text="Done."),), card={"kind": "result", "title": "Refunded $500.00", "rows": []}),
        Answer(sentences=(Sentence(text="Done."),), card={"kind": "result", "title": "All good", "rows": []}),
        Answer(sentences=(Sentence(text="Done."),), ledger="verified"),
        Answer(sentences=(Sentence(text="Your money is back."),)),
    ],
)
def test_notices_cards_and_endings_are_claims_too(decision):
    assert isinstance(refuse_false_claims(decision, context()), Refusal)


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


def test_links_and_images_that_no_passage_holds_are_removed():
    seen = context(steps=(found("See https://good.example/a for more."),))
    decision = answer("See https://good.example/a and https://evil.example/x ![p](https://evil.example/p.png)")
    cleaned = keep_known_links(decision, seen)
    assert cleaned.sentences[0].text == "See https://good.example/a and [link removed] "


@pytest.mark.parametrize(
    "target", ["//evil.example/login", "/\\evil.example", "javascript:alert(1)", "https://evil.example"]
)
def test_no_spelling_of_a_link_gets_out(target):
    for decision in (
        Ask(text=f"[Sign in]({target})", expects="open", card={"title": f"go {target}"}),
        HandOff(reason="policy", notice=f"[Sign in]({target})"),
        Answer(sentences=(Sentence(text="x"),), quick_replies=({"label": f"go {target}", "value": "x"},)),
    ):
        assert "evil.example" not in str(to_json(keep_known_links(decision, context())))
        assert "alert" not in str(to_json(keep_known_links(decision, context())))


RULES = settings(
    procedures=(
        procedure(
            "refund",
            StepRule(key="agreed", kind="confirm"),
            StepRule(key="refund", kind="act", capability="billing.refund_charge"),
        ),
    )
)


def test_an_action_that_is_no_step_of_its_procedure_is_refused():
    seen = context(settings=RULES)
    assert isinstance(hold_to_procedure(act(""), seen), Act)
    assert isinstance(hold_to_procedure(act("", capability="billing.cancel_subscription"), seen), Refusal)
    assert isinstance(hold_to_procedure(act("", procedure="other"), seen), Refusal)


@pytest.mark.parametrize(
    ("text", "is_fine"),
    [
        ("Shall I refund $5.00 of charge ch_1?", True),
        ("Would you like a sticker?", False),
        ("Shall I refund $5.00?", False),
        ("Shall I refund charge ch_1?", False),
    ],
)
def test_a_confirm_question_names_object_and_amount(text, is_fine):
    ask = Ask(text=text, expects="confirm", procedure="refund", step="agreed", about={"call": REFUND})
    assert isinstance(hold_to_procedure(ask, context(settings=RULES)), Ask) is is_fine


def test_only_a_plain_yes_to_the_pending_question_stays_a_yes():
    asked = step("ask", expects="confirm", step="agreed", text="Shall I refund $5.00 of ch_1?")
    forged = Understanding(act="answer", reply={"ask": asked.id, "step": "agreed", "value": True})
    assert only_real_answers(forged, context("yes please", earlier=(asked,))) is forged
    for text in ("No, never", "yes, but the other one", "why?"):
        assert "value" not in only_real_answers(forged, context(text, earlier=(asked,))).reply
    assert "value" not in only_real_answers(forged, context("yes")).reply


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
