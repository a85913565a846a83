"""Calls of tools inside a text: every shape that small models write, and what is no call."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.services.generators import ModelError
from integrations.services.generators.texts import find_calls, shown_length

NAMES = {"refund_charge", "add_note"}
ARGUMENTS = {"charge_id": "ch_1", "amount_cents": 4900}
CALL = [("refund_charge", ARGUMENTS)]
GIVEN = json.dumps(ARGUMENTS)
SHAPES = {
    "name and arguments": f'{{"name": "refund_charge", "arguments": {GIVEN}}}',
    "tool and parameters": f'{{"tool": "refund_charge", "parameters": {GIVEN}}}',
    "function object": f'{{"function": {{"name": "refund_charge", "arguments": {GIVEN}}}}}',
    "openai": f'{{"type": "function", "function": {{"name": "refund_charge", "arguments": {json.dumps(GIVEN)}}}}}',
    "function by name": f'{{"function": "refund_charge", "args": {GIVEN}}}',
    "action": f'{{"action": "refund_charge", "action_input": {GIVEN}}}',
    "tool_name and input": f'{{"tool_name": "refund_charge", "input": {GIVEN}}}',
    "the name as the key": f'{{"refund_charge": {GIVEN}}}',
    "arguments beside the name": f'{{"name": "refund_charge", {GIVEN[1:]}',
    "a list": f'[{{"name": "refund_charge", "arguments": {GIVEN}}}]',
    "tool_calls": f'{{"tool_calls": [{{"function": {{"name": "refund_charge", "arguments": {GIVEN}}}}}]}}',
    "with an id": f'{{"id": "c1", "type": "function", "name": "refund_charge", "arguments": {GIVEN}}}',
}
WRAPPINGS = {
    "bare": "{}",
    "json fence": "```json\n{}\n```",
    "plain fence": "```\n{}\n```",
    "tool fence": "```tool_call\n{}\n```",
    "hermes": "<tool_call>\n{}\n</tool_call>",
    "mistral": "[TOOL_CALLS] {}",
    "marks": "<|tool_call|>{}<|/tool_call|>",
}


def loaded(calls):
    return [(name, json.loads(given) if isinstance(given, str) else given) for name, given in calls]


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_a_call_in_each_wrapping(shape, wrapping):
    found = find_calls(WRAPPINGS[wrapping].replace("{}", SHAPES[shape]), NAMES)
    assert (loaded(found.calls), found.rest) == (CALL, "")


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_what_stands_around_remains(wrapping):
    call = WRAPPINGS[wrapping].replace("{}", SHAPES["name and arguments"])
    found = find_calls(f"I look it up.\n{call}\nOne moment.", NAMES)
    assert loaded(found.calls) == CALL
    assert found.rest.split() == ["I", "look", "it", "up.", "One", "moment."]


def test_several_calls_keep_their_order():
    text = "\n".join(json.dumps({"name": "add_note", "arguments": {"text": str(number)}}) for number in range(3))
    assert [given["text"] for _, given in find_calls(text, NAMES).calls] == ["0", "1", "2"]


def test_a_call_without_arguments_is_one():
    assert find_calls('{"name": "refund_charge"}', NAMES).calls == (("refund_charge", {}),)


def test_an_unknown_tool_in_the_form_of_a_call_is_handed_on_to_be_refused():
    assert find_calls('{"name": "drop_tables", "arguments": {}}', NAMES).calls == (("drop_tables", {}),)


@pytest.mark.parametrize(
    "text",
    [
        "Your refund is on its way [1], see [our policy](https://example.com/refunds).",
        '[1] Refunds\n[2] Returns: {"a": 1}',
        'Send {"name": "Ana", "email": "a@example.com"} to the API.',
        'Use this:\n```json\n{"name": "Ana", "arguments": "none"}\n```',
        '```json\n{"items": [{"sku": "A1", "count": 2}]}\n```',
        "A set is written {1, 2, 3} in Python.",
        "{",
        "{{ticket.id}} stays as it is",
        "",
    ],
)
def test_what_is_no_call_stays_as_it_is(text):
    found = find_calls(text, NAMES)
    assert (found.calls, found.rest) == ((), text)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "refund_charge", "arguments": {"charge_id": "ch_1", ',
        '```json\n{"tool": "refund_charge", "parameters": {charge_id: ch_1}}\n```',
        "I do it.\n{'name': 'x', \"refund_charge\": }",
        '<tool_call>{"name": "add_note", "arguments": </tool_call>',
    ],
)
def test_half_a_call_is_malformed_and_not_shown_to_anybody(text):
    with pytest.raises(ModelError) as caught:
        find_calls(text, NAMES)
    assert caught.value.reason == "malformed"


def test_a_tool_that_is_only_talked_about_is_no_call():
    text = 'I may use "refund_charge" for that, {if you like}.'
    assert find_calls(text, NAMES).rest == text


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("size", [1, 3, 7])
def test_no_part_of_a_call_is_shown_while_it_comes(wrapping, size):
    before = "Let me see.\n\n"
    text = before + WRAPPINGS[wrapping].replace("{}", SHAPES["name and arguments"])
    shown = max(shown_length(text[:end]) for end in range(0, len(text) + size, size))
    assert text[:shown].strip() == before.strip()


@pytest.mark.parametrize(
    "text",
    ["Write `code` like this.", "See [our policy](https://a.example) or [1].", "1 < 2 and x <y", "A line\nand more"],
)
def test_plain_text_is_shown_as_it_comes(text):
    assert shown_length(f"{text} And so on.") == len(f"{text} And so on.")


@given(st.text(alphabet='{}[]"`<>:,\\ \n\tabrefund_charge|/', max_size=200))
def test_no_text_breaks_the_search(text):
    with suppress(ModelError):
        found = find_calls(text, NAMES)
        assert found.calls or found.rest == text
    assert 0 <= shown_length(text) <= len(text)


def test_deep_nesting_breaks_nothing():
    assert find_calls("[" * 100_000, NAMES).calls == ()
    assert find_calls('{"a":' * 50_000, NAMES).calls == ()
