"""Structured mode: one JSON object by a schema, for models whose calls of tools are unreliable."""

import json
from typing import Any

import pydantic_core

from integrations.errors import ModelError
from integrations.services.generators.schemas import tool_schema
from integrations.services.generators.texts import Call, Found, calls_of
from integrations.services.generators.types import ToolSpec
from supportai.core.models import JSONDict

MAX_CALLS = 8


def answer_schema(tools: tuple[ToolSpec, ...]) -> JSONDict:
    """Describe the answer: {"reply": text, "calls": [{"tool": name, "arguments": {…}}]}."""
    shapes = [
        {
            "type": "object",
            "properties": {"tool": {"type": "string", "enum": [tool.name]}, "arguments": tool_schema(tool)},
            "required": ["tool", "arguments"],
        }
        for tool in tools
    ]
    items = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    return {
        "type": "object",
        "properties": {
            "reply": {"type": "string", "description": "What to say; empty when a tool is called first."},
            "calls": {"type": "array", "items": items, "maxItems": MAX_CALLS},
        },
        "required": ["reply", "calls"],
    }


def instructions(tools: tuple[ToolSpec, ...], schema: JSONDict) -> str:
    """Tell the model the form of its answer and what the tools do; the schema stands on a line of its own."""
    listed = "\n".join(f"- {tool.name}: {' '.join(tool.description.split())}" for tool in tools)
    return (
        "Answer with one JSON object and nothing else. Put what you say into reply, and the tools to call into calls "
        f"(an empty list when none is needed).\nTools:\n{listed}\nThe object follows this JSON schema:\n"
        f"{json.dumps(schema)}"
    )


def read_answer(text: str, tools: tuple[ToolSpec, ...]) -> Found:
    """Read the answer's object; a plain text without any object is what the model says.

    Raises:
        ModelError: malformed: there is an object, and it has not the form.
    """
    start = text.find("{")
    if start < 0:
        return Found((), text.strip())
    value = _object_at(text, start)
    names = {tool.name for tool in tools}
    if "reply" in value or "calls" in value:
        return Found(_calls(value.get("calls"), names), _reply(value.get("reply")))
    if calls := calls_of(value, names):
        return Found(tuple(calls), "")
    raise ModelError("malformed", "The model's object has neither a reply nor a call.")


def _object_at(text: str, start: int) -> JSONDict:
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        raise ModelError("malformed", "The model's answer is no JSON object.") from None
    return dict(value)


def _reply(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ModelError("malformed", "The reply of the model's object is no text.")
    return value.strip()


def _calls(value: Any, names: set[str]) -> tuple[Call, ...]:
    items = [] if value is None else value
    if not isinstance(items, list) or len(items) > MAX_CALLS:
        raise ModelError("malformed", "The calls of the model's object are no list, or too many.")
    calls = [call for item in items for call in calls_of(item, names)]
    if len(calls) != len(items):
        raise ModelError("malformed", "A call of the model's object names no tool.")
    return tuple(calls)


def partial_reply(text: str) -> str:
    """Give as much of the reply as an unfinished object holds."""
    start = text.find("{")
    if start < 0:
        return ""
    try:
        value = pydantic_core.from_json(text[start:], allow_partial="trailing-strings")
    except ValueError:
        return ""
    reply = value.get("reply") if isinstance(value, dict) else None
    return reply.lstrip() if isinstance(reply, str) else ""
