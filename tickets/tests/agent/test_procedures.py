"""The step engine decides from the journal alone."""

from tickets.agent.policy import Act, Answer, Ask, HandOff
from tickets.agent.procedures import active_procedure, next_decision
from tickets.selectors_agent import StepRule
from tickets.tests.agent.builders import context, procedure, step

CHARGES = {
    "charges": [
        {"id": "ch_1", "amount_cents": 4900, "currency": "usd"},
        {"id": "ch_2", "amount_cents": 4900, "currency": "usd"},
    ]
}
REFUND = procedure(
    "refund",
    StepRule(key="found", kind="look_up", capability="billing.find_charges"),
    StepRule(key="none_found", kind="say", condition="size(found.charges) == 0", text="I see no charge."),
    StepRule(
        key="charge",
        kind="choose",
        expression="found.charges.filter(c, !(c.id in rejected))",
        text="Which one?",
        label="{{ money(item.amount_cents, item.currency) }} ({{ item.id }})",
    ),
    StepRule(
        key="agreed",
        kind="confirm",
        text="Shall I refund {{ money(charge.amount_cents, charge.currency) }}?",
        label="Refund {{ money(charge.amount_cents, charge.currency) }}",
        card=(("Charge", "{{ charge.id }}"), ("Note", "{{ '' }}")),
        on_no="Nothing was refunded.",
    ),
    StepRule(
        key="refund",
        kind="act",
        capability="billing.refund_charge",
        arguments=(("charge_id", "charge.id"), ("amount_cents", "charge.amount_cents")),
    ),
    StepRule(key="done", kind="say", text="Refunded {{ refund.refund_id }}.", label="Refund made", ledger="verified"),
)
STARTED = step("understand", starts="refund")
FOUND = step(
    "act",
    step="found",
    capability="billing.find_charges",
    output={"state": "succeeded", "risk": "read", "result": CHARGES},
)


def decide(*steps, slots=None, rules=REFUND):
    return next_decision(rules, context(steps=steps), slots or {"ids": []})


def test_a_look_up_comes_first():
    decision = decide(STARTED)
    assert isinstance(decision, Act)
    assert (decision.capability, decision.arguments, decision.confirmation) == ("billing.find_charges", {}, "")


def test_a_false_condition_skips_a_step_and_several_choices_are_asked_about():
    decision = decide(STARTED, FOUND)
    assert isinstance(decision, Ask)
    assert decision.expects == "choice"
    assert [o["label"] for o in decision.options] == ["$49.00 (ch_1)", "$49.00 (ch_2)"]


def test_a_true_condition_ends_with_what_is_said():
    nothing = step(
        "act",
        step="found",
        capability="billing.find_charges",
        output={"state": "succeeded", "risk": "read", "result": {"charges": []}},
    )
    decision = decide(STARTED, nothing)
    assert isinstance(decision, Answer)
    assert decision.sentences[0].text == "I see no charge."
    assert decision.sources[0].title == "Your charges, read just now"


def test_an_id_that_the_customer_wrote_chooses():
    decision = decide(STARTED, FOUND, slots={"ids": ["ch_2"]})
    assert isinstance(decision, Ask)
    assert decision.expects == "confirm"
    assert decision.card["rows"] == [{"label": "Charge", "value": "ch_2"}]
    assert decision.card["yes"] == "Yes, refund $49.00"


def chosen():
    return step("understand", reply={"ask": "q1", "step": "charge", "value": CHARGES["charges"][1]})


def confirmed(value=True):
    return step("understand", reply={"ask": "q2", "step": "agreed", "value": value})


def test_only_a_yes_leads_to_the_action_and_carries_the_question_as_confirmation():
    decision = decide(STARTED, FOUND, chosen(), confirmed())
    assert isinstance(decision, Act)
    assert decision.arguments == {"charge_id": "ch_2", "amount_cents": 4900}
    assert decision.confirmation == "q2"


def test_a_no_ends_without_the_action():
    decision = decide(STARTED, FOUND, chosen(), confirmed(value=False))
    assert isinstance(decision, Answer)
    assert decision.sentences[0].text == "Nothing was refunded."


def test_a_restart_voids_answers_and_leaves_out_what_was_rejected():
    again = step("understand", starts="refund", reply={"rejected": ["ch_2"]})
    decision = decide(STARTED, FOUND, chosen(), confirmed(), again)
    assert isinstance(decision, Act)
    assert decision.capability == "billing.find_charges"
    decision = decide(STARTED, FOUND, chosen(), again, FOUND)
    assert isinstance(decision, Ask)
    assert decision.card["rows"][0]["value"] == "ch_1"


def test_a_failed_action_is_tried_once_more_and_then_handed_off():
    failed = step("act", step="refund", capability="billing.refund_charge", output={"state": "failed"})
    before = (STARTED, FOUND, chosen(), confirmed())
    assert isinstance(decide(*before, failed), Act)
    decision = decide(*before, failed, failed)
    assert isinstance(decision, HandOff)
    assert decision.reason == "tool_failure"


def test_a_refused_action_is_never_tried_again():
    refused = step("act", state="refused", rule="not_owner", step="refund", capability="billing.refund_charge")
    decision = decide(STARTED, FOUND, chosen(), confirmed(), refused)
    assert isinstance(decision, HandOff)
    assert decision.reason == "policy"
    assert "not_owner" in decision.why


def test_the_end_says_what_the_action_returned_and_resolves():
    done = step(
        "act",
        step="refund",
        capability="billing.refund_charge",
        output={"state": "succeeded", "result": {"refund_id": "re_1"}},
    )
    decision = decide(STARTED, FOUND, chosen(), confirmed(), done)
    assert isinstance(decision, Answer)
    assert decision.sentences[0].text == "Refunded re_1."
    assert (decision.card["kind"], decision.ledger) == ("result", "verified")


def test_an_unclear_answer_is_asked_about_once_more():
    asked = step("ask", step="agreed", expects="confirm")
    first = decide(STARTED, FOUND, chosen(), asked)
    assert isinstance(first, Ask)
    assert first.text.startswith("Sorry")
    second = decide(STARTED, FOUND, chosen(), asked, asked)
    assert isinstance(second, HandOff)
    assert second.reason == "low_confidence"


ASKING = procedure(
    "asking",
    StepRule(key="order", kind="ask", text="Which order?", expression='"FW-[0-9]{4}"'),
    StepRule(key="done", kind="say", text="Order {{ order }}."),
)


def test_the_part_of_an_answer_that_matches_is_the_value():
    answered = step("understand", reply={"ask": "q", "step": "order", "value": "it is fw-2041, I think"})
    decision = decide(STARTED, answered, rules=ASKING)
    assert isinstance(decision, Answer)
    assert decision.sentences[0].text == "Order fw-2041."


def test_an_answer_that_does_not_match_is_asked_for_again():
    answered = step("understand", reply={"ask": "q", "step": "order", "value": "no idea"})
    decision = decide(STARTED, step("ask", step="order", expects="value"), answered, rules=ASKING)
    assert isinstance(decision, Ask)
    assert decision.text == "Sorry, I did not get that. Which order?"


def test_a_broken_expression_ends_with_people_and_names_itself():
    broken = procedure("broken", StepRule(key="x", kind="compute", expression="nothing.here"))
    decision = decide(STARTED, rules=broken)
    assert isinstance(decision, HandOff)
    assert "nothing.here" in decision.why


def test_a_condition_that_is_no_truth_value_is_an_error_of_the_configuration():
    odd = procedure("odd", StepRule(key="x", kind="say", condition="1 + 1", text="hello"))
    assert isinstance(decide(STARTED, rules=odd), HandOff)


def test_a_procedure_without_a_fitting_step_hands_off():
    empty = procedure("empty", StepRule(key="x", kind="say", condition="false", text="hello"))
    assert isinstance(decide(STARTED, rules=empty), HandOff)


def test_the_last_start_is_the_running_procedure():
    assert active_procedure(context(earlier=(STARTED,), steps=(step("understand", starts="other"),))) == "other"
    assert active_procedure(context()) == ""


def test_a_pattern_reads_the_start_of_an_answer_only():
    rules = procedure(
        "order",
        StepRule(key="order", kind="ask", text="Which order?", expression="'(a|aa)+$|FW-[0-9]+'"),
        StepRule(key="done", kind="say", text="Order {{ order }}."),
    )
    asked = step("ask", step="order", expects="value")
    far, near = (
        step("understand", reply={"step": "order", "value": text, "ask": "x"})
        for text in ("b" * 500 + "FW-1", "b" * 490 + "FW-1")
    )
    assert isinstance(decide(STARTED, asked, far, rules=rules), Ask)
    assert isinstance(decide(STARTED, asked, near, rules=rules), Answer)
