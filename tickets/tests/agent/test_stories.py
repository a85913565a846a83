"""What staff read of a step: a sentence in their words, the exact name in brackets."""

import pytest

from tickets.agent.policy import Act, HandOff
from tickets.agent.stories import reason_in_words, story_of, story_of_call, story_of_search


@pytest.mark.parametrize(
    ("name", "output", "story"),
    [
        ("sandbox.get_subscription", {"state": "succeeded"}, "Looked up the subscription (sandbox.get_subscription)."),
        (
            "sandbox.refund_charge",
            {"state": "compensated"},
            "Refunded the charge (sandbox.refund_charge), later undone.",
        ),
        ("issues.file", {"state": "succeeded"}, "Filed (issues.file)."),
        ("mcp.ping_host", {"state": "succeeded"}, "Called ping host (mcp.ping_host)."),
        (
            "sandbox.refund_charge",
            {"state": "failed", "error": "no such charge"},
            "Tried to refund the charge (sandbox.refund_charge): it failed: no such charge.",
        ),
        (
            "sandbox.refund_charge",
            {"state": "planned"},
            "Wants to refund the charge (sandbox.refund_charge): it waits for a person's approval.",
        ),
        (
            "sandbox.refund_charge",
            {"state": "sent"},
            "Began to refund the charge (sandbox.refund_charge): it is being done.",
        ),
        ("mcp.ping_host", {}, "Tried to call ping host (mcp.ping_host)."),
    ],
)
def test_a_call_is_told_with_what_came_of_it(name, output, story):
    assert story_of_call(name, output) == story


def test_a_call_is_told_before_its_outcome_is_known():
    act = Act(capability="billing.find_charges", arguments={}, procedure="p", step="s", why="")
    assert story_of(act) == "Decided to look up the charges (billing.find_charges)."


@pytest.mark.parametrize(
    ("reason", "why", "story"),
    [
        ("policy", "The customer asked for a person.", "Handed off. The customer asked for a person."),
        ("policy", "", "Handed off: the rules leave this to a person."),
        ("customer_request", "The customer asked for a person.", "Handed off: the customer asked for a person."),
        ("low_confidence", "Asked twice.", "Handed off: not sure enough. Asked twice."),
    ],
)
def test_a_hand_off_says_why_once(reason, why, story):
    assert story_of(HandOff(reason=reason, why=why)) == story


def test_a_reason_is_put_in_words():
    assert reason_in_words("policy") == "the rules leave this to a person"
    assert reason_in_words("tool_failure") == "a tool failed"


@pytest.mark.parametrize(
    ("found", "story"),
    [
        ({"passages": [1]}, "Searched the help center: 1 passage considered."),
        ({"passages": []}, "Searched the help center: 0 passages considered."),
        ({"passages": [], "error": "It is away."}, "Could not search the help center: It is away."),
    ],
)
def test_a_search_is_told_a_broken_one_too(found, story):
    assert story_of_search(found) == story
