"""One JSON object by a schema: what is asked for, and how the answer is read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.services.generators import ModelError
from integrations.services.generators.structured import answer_schema, instructions, partial_reply, read_answer
from integrations.tests.services.generators.conftest import ARGUMENTS, NOTE, REFUND, TOOLS

CALL = {"tool": "refund_charge", "arguments": ARGUMENTS}


def answer(**fields: object) -> str:
    return json.dumps(fields)


def test_the_schema_ties_each_tool_to_its_arguments():
    shapes = answer_schema(TOOLS)["properties"]["calls"]["items"]["anyOf"]
    by_name = {shape["properties"]["tool"]["enum"][0]: shape["properties"]["arguments"] for shape in shapes}
    assert set(by_name["refund_charge"]["properties"]) == {"charge_id", "amount_cents", "reason"}
    assert set(by_name["add_note"]["properties"]) == {"text"}


def test_one_tool_needs_no_alternatives():
    items = answer_schema((NOTE,))["properties"]["calls"]["items"]
    assert items["properties"]["tool"]["enum"] == ["add_note"]


def test_the_instructions_name_the_tools_and_hold_the_schema_on_one_line():
    schema = answer_schema(TOOLS)
    text = instructions(TOOLS, schema)
    assert "- refund_charge: Give back a paid charge." in text
    assert json.loads(text.splitlines()[-1]) == schema


@pytest.mark.parametrize("form", ["{}", "```json\n{}\n```", "Here it is:\n{}\nBye"])
def test_an_answer_is_read_with_or_without_a_fence(form):
    found = read_answer(form.replace("{}", answer(reply="Done. ", calls=[CALL])), TOOLS)
    assert (found.rest, found.calls) == ("Done.", (("refund_charge", ARGUMENTS),))


@pytest.mark.parametrize(
    ("text", "rest", "count"),
    [
        (answer(reply="Hello"), "Hello", 0),
        (answer(calls=[CALL, CALL]), "", 2),
        (answer(reply=None, calls=None), "", 0),
        (answer(reply="", calls=[]), "", 0),
        (answer(tool="refund_charge", arguments=ARGUMENTS), "", 1),
        ("Just a text, no object.", "Just a text, no object.", 0),
        ("", "", 0),
    ],
)
def test_what_is_left_out_is_empty(text, rest, count):
    found = read_answer(text, TOOLS)
    assert (found.rest, len(found.calls)) == (rest, count)


@pytest.mark.parametrize(
    "text",
    [
        '{"reply": "Hel',
        "{reply: hello}",
        answer(reply=5),
        answer(reply=["a"]),
        answer(reply="x", calls="refund_charge"),
        answer(reply="x", calls=[{"what": 1}]),
        answer(reply="x", calls=["refund_charge"]),
        answer(reply="x", calls=[CALL] * 9),
        answer(thought="hm"),
        "{}",
    ],
)
def test_another_form_is_malformed(text):
    with pytest.raises(ModelError) as caught:
        read_answer(text, TOOLS)
    assert caught.value.reason == "malformed"


@given(st.text(max_size=60), st.integers(min_value=0, max_value=200))
def test_the_reply_that_is_shown_only_ever_grows(reply, cut):
    text = json.dumps({"reply": reply, "calls": []})
    part, later = partial_reply(text[:cut]), partial_reply(text[: cut + 5])
    assert reply.lstrip().startswith(part)
    assert later.startswith(part) or not later


def test_the_reply_shows_before_the_object_ends():
    assert partial_reply('{"reply": "I give back 49') == "I give back 49"
    assert partial_reply('```json\n{"reply": "Done.", "calls": [{"tool": "re') == "Done."


@pytest.mark.parametrize(
    "text", ["", "no object", "{", '{"calls": [', '{"reply": ', '{"reply": 5', "{{", '{"reply": {"a": ']
)
def test_nothing_shows_before_there_is_a_reply(text):
    assert partial_reply(text) == ""


def test_refund_alone_is_a_schema_too():
    assert answer_schema((REFUND,))["required"] == ["reply", "calls"]
