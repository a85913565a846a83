"""A model's choice moves calibrated probabilities, and never decides alone."""

import pytest

from tickets.agent.policies.witness import weigh

ALL = frozenset({"refund", "plan", "other"})


def top(prior, choice, offered=ALL):
    return weigh(prior, choice, offered=offered)[0]


def test_agreement_raises_and_disagreement_lowers():
    prior = (("refund", 0.7), ("plan", 0.2), ("other", 0.1))
    assert top(prior, "refund")[1] > 0.7
    assert dict(weigh(prior, "plan", offered=ALL))["refund"] < 0.7


def test_a_sure_head_outweighs_a_model_and_an_unsure_one_does_not():
    assert top((("refund", 0.99), ("plan", 0.01)), "plan")[0] == "refund"
    assert top((("refund", 0.6), ("plan", 0.4)), "plan")[0] == "plan"


@pytest.mark.parametrize(
    ("before", "is_enough"), [(0.01, False), (0.05, False), (0.1, False), (0.2, True), (0.5, True)]
)
def test_a_model_alone_does_not_reach_the_threshold_for_acting_on_what_heads_hold_for_unlikely(before, is_enough):
    prior = (("other", 1 - before), ("refund", before))
    assert (dict(weigh(prior, "refund", offered=ALL))["refund"] >= 0.8) is is_enough


def test_what_was_not_offered_loses_nothing_to_a_choice_among_the_rest():
    prior = (("refund", 0.9), ("plan", 0.05), ("other", 0.05))
    kept = dict(weigh(prior, "plan", offered=frozenset({"plan", "other"})))["refund"]
    assert kept > dict(weigh(prior, "plan", offered=ALL))["refund"]
    assert kept > 0.8


def test_a_choice_that_is_no_label_changes_no_order():
    prior = (("refund", 0.7), ("plan", 0.3))
    assert dict(weigh(prior, "", offered=ALL)) == pytest.approx(dict(prior))


def test_probabilities_add_up_to_one_and_an_empty_prior_stays_empty():
    assert sum(p for _, p in weigh((("refund", 0.4), ("plan", 0.6)), "plan", offered=ALL)) == pytest.approx(1.0)
    assert weigh((), "plan", offered=ALL) == ()
