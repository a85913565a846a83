"""Haystack's metadata filters as SQL over a JSON column.

Meaning as in Elasticsearch: a list field matches when one of its elements does, and a missing field matches only
`== None`, `!=`, `not in` and NOT.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from haystack.errors import FilterError

Filters = dict[str, Any]
COLUMNS = frozenset({"id", "content"})
ORDERING = {">": ">", ">=": ">=", "<": "<", "<=": "<="}


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL and the values of its question marks."""

    sql: str
    values: tuple[Any, ...] = ()


EVERYTHING = Condition("1")


def to_sql(filters: Filters | None) -> Condition:
    """Translate a filter; None and {} match everything.

    Raises:
        FilterError: it is malformed, or compares what cannot be ordered.
    """
    if not filters:
        return EVERYTHING
    if "field" in filters:
        return _comparison(filters)
    if "operator" not in filters or "conditions" not in filters:
        raise FilterError("A filter needs 'operator' and 'conditions', or 'field', 'operator' and 'value'.")
    parts = [to_sql(_checked(condition)) for condition in filters["conditions"]]
    return _combine(filters["operator"], parts)


def _checked(condition: Any) -> Filters:
    if not isinstance(condition, dict) or not ({"field", "conditions"} & condition.keys()):
        raise FilterError(f"Not a filter condition: {condition!r}")
    return condition


def _combine(operator: str, parts: Sequence[Condition]) -> Condition:
    values = tuple(value for part in parts for value in part.values)
    if operator in {"AND", "OR"}:
        joined = f" {operator} ".join(f"({part.sql})" for part in parts) or "1"
        return Condition(f"({joined})", values)
    if operator == "NOT":
        joined = " AND ".join(f"({part.sql})" for part in parts) or "1"
        # A missing key makes a comparison NULL, and NOT NULL would be NULL again.
        return Condition(f"NOT coalesce(({joined}), 0)", values)
    raise FilterError(f"Unknown logical operator: {operator!r}")


def _comparison(condition: Filters) -> Condition:
    for key in ("operator", "value"):
        if key not in condition:
            raise FilterError(f"'{key}' is missing in {condition!r}")
    operator = condition["operator"]
    if operator not in OPERATORS:
        raise FilterError(f"Unknown comparison operator: {operator!r}")
    return OPERATORS[operator](str(condition["field"]), condition["value"])


def _exists(field: str, test: str, values: tuple[Any, ...] = ()) -> Condition:
    """Match when one value of the field passes a test that calls it `value`; a list has several values."""
    if field in COLUMNS:
        return Condition(f"EXISTS (SELECT 1 FROM (SELECT documents.{field} AS value) WHERE {test})", values)  # noqa: S608
    path = "$" + "".join(f".{json.dumps(key)}" for key in field.removeprefix("meta.").split("."))
    return Condition(f"EXISTS (SELECT 1 FROM json_each(documents.meta, ?) WHERE {test})", (path, *values))  # noqa: S608


def _negated(condition: Condition) -> Condition:
    return Condition(f"NOT {condition.sql}", condition.values)


def _equal(field: str, value: Any) -> Condition:
    if value is None:
        return _negated(_exists(field, "value IS NOT NULL"))
    if isinstance(value, list):
        parts = [_equal(field, element) for element in value]
        return _combine("AND", parts)
    return _exists(field, "value = ?", (_plain(value),))


def _not_equal(field: str, value: Any) -> Condition:
    return _negated(_equal(field, value))


def _is_in(field: str, value: Any) -> Condition:
    if not isinstance(value, list):
        raise FilterError("'in' and 'not in' need a list.")
    marks = ", ".join("?" for _ in value)
    return _exists(field, f"value IN ({marks})", tuple(_plain(element) for element in value))


def _is_not_in(field: str, value: Any) -> Condition:
    return _negated(_is_in(field, value))


def _ordered(sign: str) -> Callable[[str, Any], Condition]:
    def compare(field: str, value: Any) -> Condition:
        if value is None:
            return Condition("0")
        if isinstance(value, bool | int | float):
            # SQLite orders every text after every number, so the type has to be asked for.
            return _exists(field, f"typeof(value) IN ('integer', 'real') AND value {sign} ?", (value,))
        moment = _moment(value)
        return _exists(field, f"typeof(value) = 'text' AND julianday(value) {sign} julianday(?)", (moment,))

    return compare


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    try:
        return datetime.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as exc:
        raise FilterError("Only numbers and ISO dates can be ordered with >, >=, < and <=.") from exc


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str | int | float) or value is None:
        return value
    raise FilterError(f"A filter value cannot be a {type(value).__name__}.")


OPERATORS: dict[str, Callable[[str, Any], Condition]] = {
    "==": _equal,
    "!=": _not_equal,
    "in": _is_in,
    "not in": _is_not_in,
    **{operator: _ordered(sign) for operator, sign in ORDERING.items()},
}
