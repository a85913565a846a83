"""Parameter models as schemas that every API takes, and arguments checked without mercy."""

import json
from datetime import date
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from integrations.services.generators import ModelError, ToolSpec
from integrations.services.generators.schemas import checked_request, loaded_arguments, tool_schema
from integrations.tests.services.generators.conftest import ARGUMENTS, LIST, REFUND, TOOLS


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Line(BaseModel):
    sku: str = Field(min_length=1, max_length=10)
    count: int = Field(gt=0, lt=100)


class Order(BaseModel):
    """Everything that a schema may hold."""

    lines: list[Line] = Field(min_length=1)
    size: Size = Size.SMALL
    day: date | None = None
    address: Line | None = None
    either: int | str = 0
    kind: Literal["gift"] = "gift"
    level: Literal[1, 2] = 1
    share: float = 0.5
    notes: dict[str, str] = Field(default_factory=dict)


class Tree(BaseModel):
    children: list["Tree"] = Field(default_factory=list)


ORDER = ToolSpec(name="place_order", description="Order.", params=Order)
# What Google's API refuses, and others partly.
REFUSED_KEYS = {
    "$ref",
    "$defs",
    "const",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "additionalProperties",
    "title",
    "default",
}


def keys_of(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*(keys_of(part) for part in schema), set())
    if not isinstance(schema, dict):
        return set()
    inner = [part for name, part in schema.items() if name != "properties"]
    inner += list(schema.get("properties", {}).values())
    return set(schema).union(*(keys_of(part) for part in inner))


def test_nothing_that_an_api_refuses_is_in_a_schema():
    assert keys_of(tool_schema(ORDER)) & REFUSED_KEYS == set()


def test_parts_are_written_out():
    properties = tool_schema(ORDER)["properties"]
    line = {
        "sku": {"type": "string", "minLength": 1, "maxLength": 10},
        "count": {"type": "integer", "minimum": 1, "maximum": 99},
    }
    assert properties["lines"]["items"]["properties"] == line
    assert properties["address"]["properties"] == line
    assert properties["size"] == {"type": "string", "enum": ["small", "large"]}
    assert properties["kind"]["enum"] == ["gift"]
    assert properties["day"]["type"] == "string"
    assert [shape["type"] for shape in properties["either"]["anyOf"]] == ["integer", "string"]


def test_numbers_to_choose_from_are_described():
    level = tool_schema(ORDER)["properties"]["level"]
    assert "enum" not in level
    assert "[1, 2]" in level["description"]


def test_only_what_must_be_there_is_required():
    assert tool_schema(ORDER)["required"] == ["lines"]
    assert tool_schema(REFUND)["required"] == ["charge_id", "amount_cents"]


def test_a_tool_without_arguments_takes_an_empty_object():
    assert (tool_schema(LIST)["type"], tool_schema(LIST)["properties"]) == ("object", {})


def test_a_schema_that_holds_itself_ends():
    assert len(json.dumps(tool_schema(ToolSpec(name="grow", description="Grow.", params=Tree)))) < 5000


def test_right_arguments_pass_with_what_was_given_only():
    found = checked_request("refund_charge", ARGUMENTS, TOOLS)
    assert (found.name, found.arguments) == ("refund_charge", ARGUMENTS)


def test_arguments_may_come_as_json():
    assert checked_request("refund_charge", json.dumps(ARGUMENTS), TOOLS).arguments == ARGUMENTS


def test_a_null_for_what_may_be_left_out_is_left_out():
    assert checked_request("refund_charge", {**ARGUMENTS, "reason": None}, TOOLS).arguments == ARGUMENTS


def test_texts_may_be_dates_and_members():
    given = {"lines": [{"sku": "A", "count": 2}], "day": "2026-05-01", "size": "large"}
    assert checked_request("place_order", given, (ORDER,)).arguments == given


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_cents": "4900"},
        {"amount_cents": 4900.5},
        {"amount_cents": True},
        {"amount_cents": 0},
        {"amount_cents": None},
        {"amount_cents": [4900]},
        {"charge_id": 5},
        {"charge_id": "other"},
        {"reason": "because"},
        {"extra": 1},
    ],
)
def test_arguments_that_do_not_fit_are_malformed_and_not_quoted(changes):
    with pytest.raises(ModelError) as caught:
        checked_request("refund_charge", {**ARGUMENTS, **changes}, TOOLS)
    assert caught.value.reason == "malformed"
    assert "ch_1" not in str(caught.value)
    assert "because" not in str(caught.value)


def test_a_name_that_the_model_made_up_is_not_quoted():
    with pytest.raises(ModelError) as caught:
        checked_request("refund_charge", {**ARGUMENTS, "my secret": 1}, TOOLS)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "no_such_tool", "refund_charge ", "REFUND_CHARGE"])
def test_an_unknown_tool_is_malformed(name):
    with pytest.raises(ModelError) as caught:
        checked_request(name, ARGUMENTS, TOOLS)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize("given", ["{", "[]", '"x"', "5", [], 5, "{'a': 1}"])
def test_arguments_that_are_no_object_are_malformed(given):
    with pytest.raises(ModelError) as caught:
        loaded_arguments(given)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize("given", ["", "  ", None, {}, "{}", "null"])
def test_no_arguments_are_an_empty_object(given):
    assert checked_request("list_charges", given, TOOLS).arguments == {}


@pytest.mark.parametrize("name", ["", "Refund", "1st", "a b", "a-b", "x" * 65, "a.b"])
def test_a_tool_has_a_name_that_every_api_takes(name):
    with pytest.raises(ValueError, match="name"):
        ToolSpec(name=name, description="x", params=BaseModel)
