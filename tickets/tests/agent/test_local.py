"""The local policy: reads a turn in its place, brings procedures on, answers from articles, and else asks or hands off."""

from dataclasses import asdict, replace

import pytest

from supportai.core.heads import Prediction
from tickets.agent import understanding
from tickets.agent.context import Said
from tickets.agent.policies.local import ELSE, LocalPolicy
from tickets.agent.policy import Act, Answer, Ask, HandOff, Understanding, to_json
from tickets.selectors_agent import StepRule
from tickets.tests.agent.builders import context, intent, procedure, settings, step

FIND = StepRule(key="found", kind="look_up", capability="billing.find_charges")
DESK = settings(
    intents=(
        intent("refund", "refund me"),
        intent("plan", "change my plan"),
        intent("how_to", "how do I", is_how_to=True),
        intent("complaint", "I am angry"),
        intent("other", "sing"),
    ),
    procedures=(procedure("refund", FIND), procedure("plan", FIND, needs_identity=False)),
)
POLICY = LocalPolicy()


@pytest.fixture
def heads(monkeypatch):
    """Let tests say what the heads hear; without a word they hear a request for something else."""
    heard = {"act": ("request", 0.9), "ranked": (("other", 0.9), ("how_to", 0.1))}

    def act(text: str) -> Prediction:
        label, probability = heard["act"]
        return Prediction(ranked=((label, probability), ("rest", 1 - probability)), nearest=0.9)

    monkeypatch.setattr(understanding, "classify_act", act)
    monkeypatch.setattr(understanding, "classify_intent", lambda text, *, history, settings: heard["ranked"])
    return heard


def seen(text: str = "a few more words here", **changes):
    return context(text, **({"settings": DESK} | changes))


def visitor():
    return replace(context().person, level="anonymous")


def understand(text: str = "a few more words here", **changes) -> Understanding:
    return POLICY.understand(seen(text, **changes))


def asked(ask: Ask):
    return step("ask", **to_json(ask))


def turn(understood: Understanding, text: str = "a few more words here"):
    return step("understand", run_id=2, output={"text": text}, **asdict(understood))


def decide(understood: Understanding, *steps, text: str = "a few more words here", **changes):
    return POLICY.decide(seen(text, steps=(turn(understood, text), *steps), **changes))


def request(slug: str, probability: float = 0.95, *, starts: bool = False, others=()) -> Understanding:
    return Understanding(
        act="request", intent=slug, probability=probability, alternatives=tuple(others), starts=slug if starts else ""
    )


def retrieved(probability: float, *texts: str):
    sentences = [
        {
            "text": text, "slug": "members", "title": "Members", "revision_id": 1, "start": 10 * n, "end": 10 * n + 5,
            "is_step": False, "mark": "",
        }
        for n, text in enumerate(texts)
    ]  # fmt: skip
    return step("retrieve", run_id=2, output={"probability": probability, "sentences": sentences, "passages": []})


# ---- understanding: requests ----


def test_a_likely_intent_with_a_procedure_starts_it(heads):
    heads["ranked"] = (("refund", 0.9), ("plan", 0.06), ("other", 0.04))
    found = understand("refund $20 of ch_1")
    assert (found.act, found.intent, found.starts, found.needs_knowledge) == ("request", "refund", "refund", False)
    assert (found.slots["ids"], found.slots["amount_cents"]) == (["ch_1"], 2000)
    assert found.alternatives == (("plan", 0.06), ("other", 0.04))
    assert found.story == "Understood as Refund; Plan was the runner-up."


def test_an_unlikely_intent_starts_nothing_and_the_knowledge_base_is_asked(heads):
    heads["ranked"] = (("refund", 0.79), ("plan", 0.21))
    found = understand()
    assert (found.starts, found.needs_knowledge) == ("", True)
    assert found.story == "Not sure what is meant: Refund or Plan."


def test_without_a_verified_identity_articles_are_looked_up_too(heads):
    heads["ranked"] = (("refund", 0.9), ("other", 0.1))
    found = understand(person=visitor())
    assert (found.starts, found.needs_knowledge) == ("refund", True)


def test_a_procedure_for_everybody_needs_no_article(heads):
    heads["ranked"] = (("plan", 0.9), ("other", 0.1))
    assert not understand(person=visitor()).needs_knowledge


def test_without_intents_only_the_knowledge_base_is_left(heads):
    heads["ranked"] = ()
    found = understand(settings=settings())
    assert (found.act, found.intent, found.needs_knowledge) == ("request", "", True)


def test_a_request_for_a_person_comes_before_everything(heads):
    heads["ranked"] = (("refund", 0.99), ("other", 0.01))
    assert understand("I was charged twice, let me talk to a human").act == "human_request"


@pytest.mark.parametrize(("slug", "act"), [("human_request", "human_request"), ("small_talk", "small_talk")])
def test_intents_that_are_acts_count_as_such(heads, slug, act):
    heads["ranked"] = ((slug, 0.9), ("other", 0.1))
    assert understand().act == act


def test_a_greeting_is_small_talk_but_not_when_it_brings_a_wish(heads):
    heads["act"] = ("greeting", 0.9)
    assert understand("hello").act == "small_talk"
    heads["ranked"] = (("refund", 0.95), ("other", 0.05))
    assert understand("hello, refund me please").intent == "refund"


@pytest.mark.parametrize("act", ["thanks", "not_helpful"])
def test_a_reaction_keeps_the_intent_that_it_is_about(heads, act):
    heads["act"] = (act, 0.9)
    earlier = (step("understand", intent="how_to"), step("answer"))
    said = (Said(sequence=1, author="ai_agent", text="Open Settings."),)
    found = understand(earlier=earlier, said=said)
    assert (found.act, found.intent, found.needs_knowledge) == (act, "how_to", act == "not_helpful")


# ---- understanding: answers ----

CONFIRM = Ask(
    text="Shall I refund $49.00?", expects="confirm", procedure="refund", step="agreed",
    card={"title": "Refund $49.00", "yes": "Yes, refund $49.00", "no": "No", "rows": []}, about={"ids": ["ch_2"]},
)  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [("yes please", True), ("no thanks", False)])
def test_a_confirmation_is_read_as_the_answer_to_its_question(heads, text, value):
    question = asked(CONFIRM)
    found = understand(text, earlier=(question,))
    assert (found.act, found.intent) == ("answer", "refund")
    assert found.reply == {"ask": question.id, "step": "agreed", "value": value}


def test_a_yes_to_something_else_starts_anew_without_what_was_offered(heads):
    found = understand("yes, but the other one", earlier=(asked(CONFIRM),))
    assert (found.act, found.starts, found.reply) == ("answer", "refund", {"rejected": ["ch_2"]})


def test_another_amount_starts_anew_and_rejects_nothing(heads):
    found = understand("yes but only $20", earlier=(asked(CONFIRM),))
    assert (found.starts, found.reply, found.slots["amount_cents"]) == ("refund", {"rejected": []}, 2000)


def test_an_unclear_reply_has_no_value(heads):
    assert "value" not in understand("hmm", earlier=(asked(CONFIRM),)).reply


def test_another_wish_in_place_of_an_answer_is_heard(heads):
    heads["ranked"] = (("plan", 0.95), ("refund", 0.05))
    found = understand("please change my plan to business", earlier=(asked(CONFIRM),))
    assert (found.act, found.starts) == ("request", "plan")


CHOOSE = Ask(
    text="Which one?", expects="choice", procedure="refund", step="charge",
    options=(
        {"label": "Pro plan", "value": {"id": "ch_1"}, "id": "ch_1"},
        {"label": "Seats", "value": {"id": "ch_2"}, "id": "ch_2"},
    ),
)  # fmt: skip


def test_a_choice_is_read_and_an_unclear_one_is_not_guessed(heads):
    question = asked(CHOOSE)
    assert understand("the seats", earlier=(question,)).reply["value"] == {"id": "ch_2"}
    assert "value" not in understand("both", earlier=(question,)).reply


def test_a_value_is_what_was_written(heads):
    ask = Ask(text="Which address?", expects="value", procedure="plan", step="address")
    assert understand("Main Street 5", earlier=(asked(ask),)).reply["value"] == "Main Street 5"


WHICH = Ask(
    text="Which of these?", expects="intent",
    options=({"label": "Refund", "value": "refund"}, {"label": "Plan", "value": "plan"}, {"label": ELSE, "value": "other"}),
)  # fmt: skip


@pytest.mark.parametrize(("text", "slug"), [("Plan", "plan"), ("the first", "refund"), ("yes", "refund")])
def test_an_intent_that_was_chosen_starts_its_procedure(heads, text, slug):
    found = understand(text, earlier=(asked(WHICH),))
    assert (found.act, found.intent, found.starts, found.probability) == ("request", slug, slug, 1.0)


def test_something_else_starts_nothing_and_asks_the_knowledge_base(heads):
    found = understand(ELSE, earlier=(asked(WHICH),))
    assert (found.intent, found.starts, found.needs_knowledge) == ("other", "", True)


def test_a_reply_that_names_none_of_them_is_a_request_again(heads):
    assert understand("my invoice shows a wrong address", earlier=(asked(WHICH),)).intent == "other"


def test_an_open_question_is_answered_by_any_request(heads):
    heads["ranked"] = (("refund", 0.9), ("other", 0.1))
    ask = Ask(text="What can I help you with?", expects="open")
    assert understand("refund me please", earlier=(asked(ask),)).starts == "refund"


# ---- decisions ----


def test_a_turn_must_be_understood_first():
    with pytest.raises(ValueError, match="understood"):
        POLICY.decide(seen())


def test_who_asks_for_a_person_gets_one():
    decision = decide(Understanding(act="human_request"))
    assert isinstance(decision, HandOff)
    assert decision.reason == "customer_request"


def test_thanks_resolve_as_confirmed():
    decision = decide(Understanding(act="thanks", probability=1.0))
    assert isinstance(decision, Answer)
    assert decision.ledger == "confirmed"


@pytest.mark.parametrize(("person", "hello"), [(context().person, "Hello Ana."), (visitor(), "Hello. I")])
def test_a_greeting_is_answered_by_name_only_to_who_is_known(person, hello):
    decision = decide(Understanding(act="small_talk"), person=person)
    assert isinstance(decision, Ask)
    assert decision.text.startswith(hello)
    assert "AI agent" in decision.text


def test_a_procedure_is_brought_on_with_the_certainty_of_its_intent():
    decision = decide(request("refund", 0.91, starts=True))
    assert isinstance(decision, Act)
    assert (decision.capability, decision.procedure, decision.confidence) == ("billing.find_charges", "refund", 0.91)


def test_a_visitor_is_told_how_to_prove_who_they_are_and_then_passed_on():
    first = decide(request("refund", starts=True), retrieved(0.0), person=visitor())
    assert isinstance(first, Ask)
    assert (first.expects, "signed in" in first.text) == ("identity", True)
    second = decide(request("refund", starts=True), retrieved(0.0), person=visitor(), earlier=(asked(first),))
    assert isinstance(second, HandOff)
    assert second.reason == "policy"


def test_a_visitor_may_hear_what_every_reader_of_the_help_center_may():
    decision = decide(request("refund", starts=True), retrieved(0.99, "Refunds take five days."), person=visitor())
    assert isinstance(decision, Answer)


def test_an_article_that_surely_answers_is_quoted_with_its_source():
    decision = decide(request("how_to"), retrieved(0.95, "Open Settings.", "Press Invite."))
    assert isinstance(decision, Answer)
    assert [sentence.text for sentence in decision.sentences] == ["Open Settings.", "Press Invite."]
    source = decision.sources[0]
    assert (len(decision.sources), source.quote, source.start, source.end) == (1, "Open Settings. Press Invite.", 0, 15)
    assert (decision.is_factual, decision.ledger) == (True, "")
    assert [reply["label"] for reply in decision.quick_replies] == ["Yes, solved", "Not yet", "Talk to a person"]


def test_an_unsure_answer_is_no_answer_and_a_person_is_asked():
    decision = decide(request("how_to"), retrieved(0.05, "Open Settings."))
    assert isinstance(decision, HandOff)
    assert decision.reason == "missing_knowledge"


def test_what_was_said_before_is_not_said_again():
    said = (Said(sequence=1, author="ai_agent", text="Open Settings. [1]"),)
    decision = decide(request("how_to"), retrieved(0.99, "Open Settings."), said=said)
    assert isinstance(decision, HandOff)
    assert decision.reason == "repeated_failure", "that nothing was found would be untrue"


def test_two_likely_wishes_are_asked_about_once():
    understood = request("refund", 0.6, others=(("plan", 0.3), ("other", 0.1)))
    decision = decide(understood, retrieved(0.0))
    assert isinstance(decision, Ask)
    assert [option["value"] for option in decision.options] == ["refund", "plan", "other"]
    assert [reply["label"] for reply in decision.quick_replies] == ["Refund", "Plan", ELSE]
    again = decide(understood, retrieved(0.0), earlier=(asked(decision), step("answer")))
    assert isinstance(again, HandOff)


def test_an_article_about_it_does_not_replace_the_work_that_is_wanted():
    decision = decide(request("refund", 0.6, others=(("plan", 0.3),)), retrieved(0.99, "Refunds take five days."))
    assert isinstance(decision, Ask)


@pytest.mark.parametrize(
    "understood",
    [request("refund", 0.3, others=(("plan", 0.3),)), request("how_to", 0.6, others=(("refund", 0.3),))],
    ids=["too vague", "a question in the first place"],
)
def test_where_a_choice_would_not_help_none_is_offered(understood):
    assert isinstance(decide(understood, retrieved(0.0)), HandOff)


def test_what_no_procedure_works_on_is_for_people():
    decision = decide(request("complaint"), retrieved(0.0))
    assert isinstance(decision, HandOff)
    assert (decision.reason, "Complaint" in decision.why) == ("policy", True)


# ---- it did not help ----

NOT_HELPFUL = Understanding(act="not_helpful")


def test_another_answer_is_given_once():
    decision = decide(NOT_HELPFUL, retrieved(0.999, "Then clear the cache."))
    assert isinstance(decision, Answer)


def test_without_another_answer_it_is_asked_what_happens():
    decision = decide(NOT_HELPFUL, retrieved(0.0))
    assert isinstance(decision, Ask)
    assert decision.expects == "open"


def test_the_second_complaint_goes_to_a_person():
    earlier = (step("understand", act="not_helpful"), step("answer"))
    decision = decide(NOT_HELPFUL, retrieved(0.99, "Try again."), earlier=earlier)
    assert isinstance(decision, HandOff)
    assert decision.reason == "repeated_failure"


def test_a_procedure_that_did_not_help_goes_to_a_person_at_once():
    decision = decide(NOT_HELPFUL, earlier=(step("understand", starts="refund"), step("answer")))
    assert isinstance(decision, HandOff)
