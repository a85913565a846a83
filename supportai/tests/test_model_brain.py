"""The scripted model is modest and honest: it goes by words that it is given, and knows nothing else."""

import json
from pathlib import Path

import pytest

from supportai.tests import model_brain
from supportai.tests.model_brain import brain
from supportai.tests.model_wire import ModelRequest

ACTS = ("answer_from_articles", "thanks", "did_not_help", "wants_a_person", "small_talk", "nothing_of_these")
WISHES = {
    "refund": 'The wish is: A refund. Such as: "give me my money back"; "refund the last payment".',
    "boat_hire": 'The wish is: Boats. Such as: "rent me a boat for Sunday"; "I need a rowing boat".',
}
PASSAGES = [
    {"number": 1, "title": "Boats", "section": "", "text": "A boat costs 5 coins. Rowing boats are blue. Ask at the pier."},
    {"number": 2, "title": "Refunds", "section": "", "text": "To get money back:\n\n1. Open the desk.\n2. Ask for it."},
]  # fmt: skip


def asked(message: str, *extra: str, **data) -> ModelRequest:
    tools = [{"name": name, "description": "It is one."} for name in (*extra, *ACTS)]
    tools += [{"name": name, "description": text} for name, text in WISHES.items()]
    quoted = f"<data>\n{json.dumps({'message': message, **data})}\n</data>"
    return ModelRequest(api="openai", model="m", messages=[("system", "Choose."), ("user", quoted)], tools=tools)


def choice(message: str, *extra: str, **data):
    return brain(asked(message, *extra, **data)).tool_calls[0]


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("please give me my money back", "refund"),
        ("I would like a boat for Monday", "boat_hire"),
        ("how much is it for students?", "answer_from_articles"),
        ("thanks, that worked", "thanks"),
        ("that did not help", "did_not_help"),
        ("let me talk to a human", "wants_a_person"),
        ("hello there", "small_talk"),
        ("zebras paint mountains", "nothing_of_these"),
    ],
)
def test_it_chooses_by_common_words(message, name):
    assert choice(message) == (name, {})


@pytest.mark.parametrize(("message", "name"), [("yes ok", "answer_yes"), ("no, never", "answer_no")])
def test_it_answers_the_open_question(message, name):
    assert choice(message, "answer_yes", "answer_no") == (name, {})


def test_it_names_the_option_whose_words_it_finds():
    options = [{"number": 1, "label": "March, blue"}, {"number": 2, "label": "April, red"}]
    given = {"open_question": {"asked": "Which?", "options": options}}
    assert choice("the red one", "choose_option", **given) == ("choose_option", {"number": 2})
    assert choice("give me my money back", "choose_option", **given)[0] == "refund"


def test_it_gives_a_value_as_it_was_written():
    assert choice("pier 7", "give_value", open_question={"asked": "Where?"}) == ("give_value", {"value": "pier 7"})


def test_it_quotes_the_passage_that_shares_most_with_its_number():
    told = brain(asked("what does a rowing boat cost", passages=PASSAGES)).text
    assert "A boat costs 5 coins. [1]" in told
    assert "[2]" not in told


def test_it_quotes_steps_as_a_list():
    told = brain(asked("how do I get my money back", passages=PASSAGES)).text
    assert "1. Open the desk. [2]\n2. Ask for it. [2]" in told


def test_it_finds_nothing_where_nothing_is():
    request = asked("zebras paint mountains", "nothing_found", passages=PASSAGES)
    assert brain(request).tool_calls == [("nothing_found", {})]


def test_it_knows_no_sentence_of_any_scenario():
    source = Path(model_brain.__file__).read_text(encoding="utf-8").lower()
    for word in ("northwind", "fernway", "ana@", "ch_1", "pro plan", "invite", "dark mode"):
        assert word not in source
