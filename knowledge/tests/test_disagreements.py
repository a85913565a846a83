"""Sentences that cannot both be true, and the many that only look so."""

import pytest

from knowledge.disagreements import disagreement

FIGURES = "They name different figures for the same thing."


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("A refund takes up to 5 business days.", "Refunds take 10 business days."),
        ("You can cancel within 30 days.", "You can cancel within 14 days of purchase."),
        ("The reset link is valid for 24 hours.", "The reset link is valid for one hour."),
        ("Late payments cost a fee of 5 %.", "Late payments cost a fee of 8 percent."),
        ("An upload of photos may be up to 20 MB large.", "An upload of photos may be up to 2 GB large."),
        ("Support answers questions within two weeks.", "Support answers questions within 10 days."),
    ],
)
def test_other_figures_for_the_same_thing_disagree(left, right):
    found = disagreement(left, right)
    assert found is not None
    assert (found.left, found.right, found.why) == (left, right, FIGURES)


def test_yes_against_no_disagrees():
    found = disagreement(
        "You can change your e-mail address in the settings.", "You cannot change your e-mail address in the settings."
    )
    assert found is not None
    assert found.why == "One says yes, the other no."


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The reset link is valid for 60 minutes.", "The reset link is valid for one hour."),
        ("Support answers questions within two weeks.", "Support answers questions within 14 days."),
        ("An export of photos costs 1,000 dollars.", "An export of photos costs $1000."),
    ],
)
def test_one_figure_in_two_units_agrees(left, right):
    assert disagreement(left, right) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("On the Pro plan you can upload 10 files.", "On the Free plan you can upload 3 files."),
        ("Monthly plans renew after 30 days.", "Yearly plans renew after 365 days."),
        ("Refunds on Visa take 5 days.", "Refunds on Mastercard take 3 days."),
        ("A refund takes 5 business days.", "A withdrawal takes 10 business days."),
        ("We keep backups for 30 days.", "We delete accounts after 90 days."),
        ("Early closing of savings costs a fee of $20.", "Early closing of checking costs a fee of $15."),
        ("A withdrawal of money abroad costs a fee of $3.", "A withdrawal of money elsewhere costs a fee of $0."),
        ("Cancel a card that you no longer need for payments.", "Cancel a card that you need for payments."),
    ],
)
def test_figures_of_different_things_do_not_disagree(left, right):
    assert disagreement(left, right) is None


def test_articles_about_different_plans_do_not_disagree_in_the_same_words():
    same = "You can upload %s files in a project."
    contexts = {"left_context": "Limits of the free plan", "right_context": "Limits of the pro plan"}
    assert disagreement(same % "3", same % "10", **contexts) is None
    assert disagreement(same % "3", same % "10", left_context="Limits", right_context="Limits of projects") is not None


def test_a_condition_denies_nothing():
    assert disagreement("If your invoice is not paid, we remind you.", "Your invoice is paid, we remind you.") is None


def test_a_step_number_or_version_is_no_figure():
    assert disagreement("Step 3: open the settings page.", "Step 4: open the settings page.") is None


def test_a_sentence_with_several_figures_of_a_unit_is_left_alone():
    left = "You can cancel a booking within 30 days, or within 14 days for events."
    assert disagreement(left, "You can cancel a booking for events within 7 days.") is None


def test_a_hostile_passage_costs_no_time():
    long = "1,111 " * 3000 + "not " * 3000
    assert disagreement(long, long) is None
