"""A confirmation is read by grammar: only a plain yes is a yes."""

import pytest

from tickets.agent.replies import read_choice, read_confirmation

QUESTION = (
    "You were charged $49.00 twice on 3 November for Pro plan. Shall I refund the second charge?",
    "Refund $49.00",
    "Yes, refund $49.00",
    "No",
    "Charge ch_2",
)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes please!",
        "yep go ahead",
        "Yes, refund $49.00",
        "sure, do it",
        "ok please refund it",
        "that would be great, thanks",
        "Yes please and thank you",
        "yes that's correct, refund the second charge please",
        "Please do.",
        "absolutely, sounds good",
        "YES!!! thank you so much",
        "yeah ch_2 please",
        "ok, then yes, do it",
        "yes please, can you do it now?",
        "Yes please. When will I see the money?",
        "yes can you do it today?",
        "yes, $49",
        "yes, 49 please",
    ],
)
def test_a_plain_yes_confirms(text):
    assert read_confirmation(text, question=QUESTION) == "yes"


@pytest.mark.parametrize(
    "text", ["no", "No thanks", "nope, leave it", "don't", "never mind", "no, I changed my mind", "rather not"]
)
def test_a_plain_no_refuses(text):
    assert read_confirmation(text, question=QUESTION) == "no"


@pytest.mark.parametrize(
    "text",
    [
        "yes, but the other one",
        "yes but only $20",
        "refund ch_1 instead",
        "yes, ch_1",
        "ok, though I want credit instead",
        "yes and upgrade me to business",
        "sure, plus the one from last month",
        "no, the other charge please",
        "yes to half of it",
        "ok, then cancel my plan",
    ],
)
def test_a_yes_with_a_change_confirms_nothing(text):
    assert read_confirmation(text, question=QUESTION) == "changed"


@pytest.mark.parametrize(
    "text",
    [
        "hmm",
        "what does that mean?",
        "yes no maybe",
        "my cat is called Tom",
        "why do you ask me this at all",
        "what exactly is that for?",
        "right?",
        "sure?",
        "is that correct?",
        "ok, what is that for",
        "exactly how does that work",
    ],
)
def test_anything_else_is_unclear(text):
    assert read_confirmation(text, question=QUESTION) == "unclear"


def test_a_yes_with_a_question_behind_a_but_is_no_yes():
    assert read_confirmation("fine but why?", question=QUESTION) == "changed"


CANCELLATION = (
    "Shall I cancel your pro subscription sub_1?",
    "Cancel pro subscription",
    "Yes, cancel pro subscription",
    "No",
)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("yes, cancel it", "yes"),
        ("please cancel it, yes", "yes"),
        ("no, don't cancel", "no"),
        ("stop", "no"),
        ("cancel", "unclear"),
    ],
)
def test_the_deed_that_is_asked_about_is_no_refusal(text, verdict):
    assert read_confirmation(text, question=CANCELLATION) == verdict


OPTIONS = (
    {"label": "Pro plan, $49.00 on 3 November", "value": {"id": "ch_1"}, "id": "ch_1"},
    {"label": "Seats, $20.00 on 5 November", "value": {"id": "ch_2"}, "id": "ch_2"},
)


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        ("Pro plan, $49.00 on 3 November", "ch_1"),
        ("the seats one", "ch_2"),
        ("ch_2", "ch_2"),
        ("the first", "ch_1"),
        ("the last one please", "ch_2"),
        ("the one from the 5 th", "ch_2"),
    ],
)
def test_a_choice_is_read_by_label_id_word_or_position(text, picked):
    assert read_choice(text, OPTIONS) == {"id": picked}


@pytest.mark.parametrize("text", ["both", "I don't know", "November", ""])
def test_an_unclear_choice_picks_nothing(text):
    assert read_choice(text, OPTIONS) is None
