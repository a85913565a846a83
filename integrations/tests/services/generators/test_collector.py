"""Pieces of a stream put together, in the words of each API and of servers that bend them."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from integrations.services.generators.collector import Collector, usage_of


@dataclass
class Delta:
    index: int = 0
    id: str | None = None
    tool_name: str | None = None
    arguments: str | None = None


@dataclass
class Chunk:
    content: str = ""
    tool_calls: list[Delta] = field(default_factory=list)
    finish_reason: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def collected(*deltas: Delta) -> list[tuple[str, str]]:
    collector = Collector(mode="tools")
    for delta in deltas:
        collector(Chunk(tool_calls=[delta]))
    return [(call.name, call.arguments) for call in collector.calls]


def test_arguments_come_in_pieces():
    start = Delta(id="c1", tool_name="refund", arguments="")
    assert collected(start, Delta(arguments='{"a"'), Delta(arguments=": 1}")) == [("refund", '{"a": 1}')]


def test_calls_are_told_apart_by_their_index():
    found = collected(
        Delta(0, "c1", "one", ""), Delta(1, "c2", "two", ""), Delta(1, arguments="{}"), Delta(0, arguments='{"a": 1}')
    )
    assert found == [("one", '{"a": 1}'), ("two", "{}")]


def test_calls_with_one_index_are_told_apart_by_their_id():
    found = collected(Delta(0, "c1", "one", '{"a": 1}'), Delta(0, "c2", "one", '{"a": 2}'))
    assert found == [("one", '{"a": 1}'), ("one", '{"a": 2}')]


def test_whole_calls_with_one_index_and_no_id_are_two():
    """So Ollama sends two at once; Haystack's own message keeps the last only."""
    found = collected(Delta(1, None, "one", '{"a": 1}'), Delta(1, None, "one", '{"a": 2}'))
    assert found == [("one", '{"a": 1}'), ("one", '{"a": 2}')]


def test_calls_without_arguments_are_told_apart_by_their_name():
    assert collected(Delta(1, None, "one", ""), Delta(1, None, "two", "")) == [("one", ""), ("two", "")]


def test_a_name_that_comes_with_every_piece_is_one_name():
    found = collected(Delta(0, "c1", "one", '{"a"'), Delta(0, "c1", "one", ": 1}"), Delta(0, "c1", "one", ""))
    assert found == [("one", '{"a": 1}')]


def test_a_name_may_come_after_the_id():
    assert collected(Delta(0, "c1", None, None), Delta(0, None, "one", "{}")) == [("one", "{}")]


@pytest.mark.parametrize(
    ("meta", "reason", "finish"),
    [
        ({"finish_reason": "stop"}, "stop", "stop"),
        ({"finish_reason": "length"}, None, "length"),
        ({"finish_reason": "eos_token"}, None, "stop"),
        ({"finish_reason": "content_filter"}, None, "content_filter"),
        ({"finish_reason": "tool_calls"}, None, "tool_calls"),
        ({"finish_reason": None}, None, ""),
        ({"done": True, "done_reason": "length"}, None, "length"),
        ({"done": True, "done_reason": "stop"}, "stop", "stop"),
        ({"done": True, "done_reason": None}, None, "stop"),
        ({"done": False, "done_reason": None}, None, ""),
        ({"delta": {"stop_reason": "max_tokens"}}, "length", "length"),
        ({"delta": {"stop_reason": "refusal"}}, "content_filter", "content_filter"),
        ({"delta": {"stop_reason": "end_turn"}}, "stop", "stop"),
        ({"delta": {"text": "x"}}, None, ""),
        ({}, "length", "length"),
        ({}, None, ""),
    ],
)
def test_the_end_is_understood_in_each_api_s_words(meta, reason, finish):
    collector = Collector(mode="plain")
    collector(Chunk(meta=meta, finish_reason=reason))
    assert collector.finish == finish


def test_a_piece_after_the_end_does_not_take_it_back():
    collector = Collector(mode="plain")
    collector(Chunk(meta={"finish_reason": "length"}))
    collector(Chunk(meta={"usage": {"prompt_tokens": 3, "completion_tokens": 2}}))
    assert (collector.finish, collector.input_tokens, collector.output_tokens) == ("length", 3, 2)


@pytest.mark.parametrize(
    ("meta", "tokens"),
    [
        ({"usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}}, (10, 4)),
        ({"usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 60}}, (10, 50)),
        ({"message": {"usage": {"input_tokens": 10, "output_tokens": 1}}}, (10, 1)),
        ({"usage": {"input_tokens": None, "output_tokens": 40}}, (0, 40)),
        ({"prompt_eval_count": 10, "eval_count": 4}, (10, 4)),
        ({"usage": {"prompt_tokens": 10, "completion_tokens": None, "total_tokens": 10}}, (10, 0)),
        ({"usage": None, "message": "text"}, (0, 0)),
        ({"usage": [1]}, (0, 0)),
        ({}, (0, 0)),
    ],
)
def test_tokens_are_read_in_each_api_s_words(meta, tokens):
    assert usage_of(meta) == tokens


def shown(mode: str, *pieces: str) -> list[str]:
    seen: list[str] = []
    collector = Collector(mode=mode, on_text=seen.append)
    for piece in pieces:
        collector(Chunk(content=piece))
    return seen


def test_plain_text_is_shown_piece_by_piece():
    assert shown("plain", "Hel", "lo {", "x}") == ["Hel", "lo {", "x}"]


def test_what_may_become_a_call_is_held_back():
    assert "".join(shown("tools", "I look. ", "\n``", '`json\n{"name"', ': "x"}')) == "I look. \n"


def test_what_turns_out_to_be_text_is_shown_after_all():
    assert "".join(shown("tools", "Use `", "code` here")) == "Use `code` here"


def test_of_an_object_only_the_reply_is_shown():
    assert shown("structured", '{"rep', 'ly": "Hel', 'lo", "calls": [{"to', 'ol": "x"}]}') == ["Hel", "lo"]


def test_the_rest_is_shown_once_and_only_if_it_goes_on():
    seen: list[str] = []
    collector = Collector(mode="tools", on_text=seen.append)
    collector(Chunk(content="See:\n```\nx = 1\n```"))
    collector.show_rest("See:\n```\nx = 1\n```")
    collector.show_rest("See:\n```\nx = 1\n```")
    collector.show_rest("Something else")
    assert "".join(seen) == "See:\n```\nx = 1\n```"


def test_what_the_caller_raises_is_kept_as_the_caller_s():
    def refuse(_text: str) -> None:
        raise KeyError("gone")

    collector = Collector(mode="plain", on_text=refuse)
    with pytest.raises(KeyError):
        collector(Chunk(content="Hello"))
    assert isinstance(collector.caller_error, KeyError)


@pytest.mark.parametrize("mode", ["plain", "tools", "structured"])
def test_a_long_answer_costs_no_more_than_its_length(mode):
    """Reading all of it again at each of its pieces would take minutes."""
    piece, count = "word ", 20_000
    text = piece * count
    whole = json.dumps({"reply": text, "calls": []}) if mode == "structured" else text
    seen: list[str] = []
    collector = Collector(mode=mode, on_text=seen.append)
    started = time.process_time()
    for start in range(0, len(whole), len(piece)):
        collector(Chunk(content=whole[start : start + len(piece)]))
    collector.show_rest(text)
    assert "".join(seen) == text
    assert time.process_time() - started < 5


def test_a_call_at_the_end_of_a_long_answer_is_still_held_back():
    pieces = ["word "] * 500 + ["\n", "  ", '{"na', 'me": "x"}']
    assert "".join(shown("tools", *pieces)).strip() == ("word " * 500).strip()
