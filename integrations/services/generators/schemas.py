"""Parameter models as the plain JSON schemas that every kind of model takes, and arguments checked against them."""

import json
from typing import Any

from pydantic import ValidationError

from integrations.errors import ModelError
from integrations.services.generators.types import ToolRequest, ToolSpec
from supportai.core.models import JSONDict

# What all five APIs understand; the rest is checked here, when the arguments come.
KEPT = frozenset(
    {"type", "description", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}
)
MAX_DEPTH = 8


def tool_schema(tool: ToolSpec) -> JSONDict:
    """Describe a tool's arguments: references written out, optional parts not required, nothing that an API refuses."""
    schema = tool.params.model_json_schema()
    return _plain(schema, schema.get("$defs", {}), MAX_DEPTH) | {"type": "object"}


def _plain(schema: JSONDict, definitions: JSONDict, depth: int) -> JSONDict:
    schema = _without_null(_resolved(schema, definitions), definitions)
    kept = {name: value for name, value in schema.items() if name in KEPT}
    if "const" in schema and isinstance(schema["const"], str):
        kept["enum"] = [schema["const"]]
    if not all(isinstance(value, str) for value in kept.get("enum", [])):
        kept["description"] = f"{kept.get('description', '')} One of {kept.pop('enum')}.".strip()
    if schema.get("type") == "integer":
        kept |= {"minimum": schema["exclusiveMinimum"] + 1} if "exclusiveMinimum" in schema else {}
        kept |= {"maximum": schema["exclusiveMaximum"] - 1} if "exclusiveMaximum" in schema else {}
    if depth:
        kept |= _parts(schema, definitions, depth - 1)
    return kept


def _parts(schema: JSONDict, definitions: JSONDict, depth: int) -> JSONDict:
    parts: JSONDict = {}
    if isinstance(schema.get("properties"), dict):
        properties = schema["properties"]
        parts["properties"] = {name: _plain(part, definitions, depth) for name, part in properties.items()}
        parts["required"] = list(schema.get("required", []))
    if isinstance(schema.get("items"), dict):
        parts["items"] = _plain(schema["items"], definitions, depth)
    if shapes := schema.get("anyOf"):
        parts["anyOf"] = [_plain(shape, definitions, depth) for shape in shapes]
    return parts


def _resolved(schema: JSONDict, definitions: JSONDict) -> JSONDict:
    while "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        schema = {**definitions.get(name, {}), **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema


def _without_null(schema: JSONDict, definitions: JSONDict) -> JSONDict:
    """Write "this or null" as this: an argument that is not given is left out."""
    shapes = [shape for shape in schema.get("anyOf", []) if shape.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(shapes) == 1:
        return {**_resolved(shapes[0], definitions), **rest}
    return {**rest, "anyOf": shapes} if shapes else rest


def checked_request(name: str, arguments: Any, tools: tuple[ToolSpec, ...]) -> ToolRequest:
    """Check a call against the tool that it names, without converting types: "5" is no number.

    Raises:
        ModelError: malformed: there is no such tool, the arguments are no JSON object, or do not fit.
    """
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        raise ModelError("malformed", "The model called a tool that it was not offered.")
    values = loaded_arguments(arguments)
    # A null for what may be left out means that it is left out.
    optional = {field for field, info in tool.params.model_fields.items() if not info.is_required()}
    values = {key: value for key, value in values.items() if value is not None or key not in optional}
    try:
        # By way of JSON, where strict still lets a text be a date or a member of an enumeration.
        params = tool.params.model_validate_json(json.dumps(values), strict=True, extra="forbid")
    except ValidationError as exc:
        # Only where it does not fit: the values are the model's words.
        places = sorted(
            {str(error["loc"][0]) for error in exc.errors() if error["loc"]} & set(tool.params.model_fields)
        )
        raise ModelError("malformed", _misfit(name, places)) from None
    return ToolRequest(name=name, arguments=params.model_dump(mode="json", exclude_unset=True, by_alias=True))


def _misfit(name: str, places: list[str]) -> str:
    where = f" ({', '.join(places)})" if places else ""
    return f"The model called {name} with arguments that do not fit{where}."


def loaded_arguments(arguments: Any) -> JSONDict:
    """Give arguments as an object, from an object or from its JSON; nothing at all is an empty one.

    Raises:
        ModelError: malformed: they are neither.
    """
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments) if arguments.strip() else {}
        except ValueError:
            raise ModelError("malformed", "The model called a tool with arguments that are no JSON.") from None
    if arguments is None:
        return {}
    if not isinstance(arguments, dict):
        raise ModelError("malformed", "The model called a tool with arguments that are no JSON object.")
    return arguments
