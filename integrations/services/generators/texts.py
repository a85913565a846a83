"""Calls of tools that a model wrote into its text, as small ones do: in a code fence or not, in several shapes."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from integrations.errors import ModelError
from supportai.core.models import JSONDict

NAME_KEYS = ("name", "tool", "tool_name", "function", "function_name", "action")
ARGUMENT_KEYS = ("arguments", "parameters", "args", "params", "input", "tool_input", "action_input")
# Where a call may begin: a fence, a mark of its own, or an object (or a list of them) at the start of a line.
START = re.compile(r"```|<(?:tool_call|function_call|tool)s?>|<\||\[TOOL_CALLS\]|(?:^|\n)[ \t]*(?:\[\s*)?\{")
# An end that may become such a start with the next piece.
UNDECIDED = re.compile(r"`{1,2}\Z|<[a-z_]{0,14}\Z|\[[A-Z_]{0,10}\Z|(?:\A|\n)[ \t]*(?:\[\s*)?\Z")
WRAPPING = re.compile(r"```[a-zA-Z_]*|</?(?:tool_call|function_call|tool)s?>|<\|[a-z_/]{1,20}\|>|\[TOOL_CALLS\]")
TOOL_LIKE = re.compile(r"^[a-z][a-z0-9_.-]{0,63}$")
JSON_START = re.compile(r"[{\[]")
# How many brackets of a long answer are tried; each try may read to the end.
MAX_TRIES = 40

Call = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """The calls of a text, and what remains of it without them."""

    calls: tuple[Call, ...]
    rest: str


def find_calls(text: str, names: Collection[str]) -> Found:
    """Find the calls of tools that stand in a text; arguments are as they were written.

    Raises:
        ModelError: malformed: the text holds what is meant as a call, and it cannot be read.
    """
    calls: list[Call] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for _ in range(MAX_TRIES):
        start = JSON_START.search(text, position)
        if start is None:
            break
        value, position = _value_at(text, start.start())
        found = calls_of(value, names)
        calls += found
        spans += [(start.start(), position)] if found else []
    if not calls:
        _refuse_half_call(text, names)
        return Found((), text)
    return Found(tuple(calls), _without(text, spans))


def _value_at(text: str, start: int) -> tuple[Any, int]:
    """Read the JSON that begins here; None and the next place when there is none."""
    try:
        return json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start + 1


def calls_of(value: Any, names: Collection[str]) -> list[Call]:
    """Give the calls that a JSON value means: one, a list of them, or none."""
    if isinstance(value, list):
        return [call for item in value[:MAX_TRIES] for call in calls_of(item, names)]
    if not isinstance(value, dict):
        return []
    for key in ("tool_calls", "calls"):
        if isinstance(value.get(key), list):
            return calls_of(value[key], names)
    if isinstance(value.get("function"), dict):
        return calls_of(value["function"], names)
    return _named_call(value, names) or _keyed_call(value, names)


def _named_call(value: JSONDict, names: Collection[str]) -> list[Call]:
    """Read {"name": …, "arguments": …}; an unknown name with arguments is meant as a call too, and refused later."""
    name = next((value[key] for key in NAME_KEYS if isinstance(value.get(key), str)), None)
    arguments = next((value[key] for key in ARGUMENT_KEYS if key in value), None)
    if name is None or not (name in names or _looks_like_call(value, name, arguments)):
        return []
    if arguments is None:
        # Some write the arguments beside the name.
        arguments = {key: part for key, part in value.items() if key not in {*NAME_KEYS, "id", "type"}}
    return [(name, arguments)]


def _looks_like_call(value: JSONDict, name: str, arguments: Any) -> bool:
    """Tell whether an object has the form of a call and nothing besides, although nobody offered that tool."""
    is_bare = set(value) <= {*NAME_KEYS, *ARGUMENT_KEYS, "id", "type"}
    return is_bare and isinstance(arguments, dict) and TOOL_LIKE.match(name) is not None


def _keyed_call(value: JSONDict, names: Collection[str]) -> list[Call]:
    """Read {"refund_charge": {…}}."""
    if len(value) == 1:
        name, arguments = next(iter(value.items()))
        if name in names and isinstance(arguments, dict):
            return [(name, arguments)]
    return []


def _refuse_half_call(text: str, names: Collection[str]) -> None:
    """Refuse a text that names a tool behind a bracket but is no JSON: nobody should read it.

    Raises:
        ModelError: malformed.
    """
    start = START.search(text)
    if start is None or "{" not in text[start.start() :]:
        return
    if any(f'"{name}"' in text[start.start() :] for name in names):
        raise ModelError("malformed", "The model wrote a call of a tool into its text that cannot be read.")


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return WRAPPING.sub("", text).strip(" \n\t,;:")


def shown_length(text: str, known: int = 0) -> int:
    """Tell how much of an unfinished text is surely no call, and may be shown; `known` characters were told before."""
    start = START.search(text, known)
    if start is not None:
        return start.start()
    undecided = UNDECIDED.search(text, known)
    return undecided.start() if undecided else len(text)
