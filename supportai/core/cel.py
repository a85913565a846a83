"""The safe expression language of procedures and rules (CEL, https://cel.dev), with a few helpers of ours.

Beside CEL's own macros there are `date(ts)`, `money(minor_units, currency)`, `days_between(ts, ts)`, `join(list, text)`,
`lower(text)`, `words(text)` and `shorten(text, length)`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import cel

from supportai.core import clock
from supportai.core.errors import InvalidInputError

# ISO 4217 currencies without a minor unit, as far as payment providers list them.
ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"]
)
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}
SECONDS_PER_DAY = 86_400
# An evaluation cannot be interrupted, so its cost is bounded before: by length, and by how often its loops may turn.
MAX_EXPRESSION = 2_000
MAX_ROUNDS = 1_000_000
MAX_WORDS = 1_000
MAX_TEXT = 20_000
LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(")
TYPES = frozenset(["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"])
TEXT_LITERAL = re.compile(r"""[rR]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
# A macro names its own variable: `charges.filter(c, c.amount > 0)`.
BOUND = re.compile(r"\.(?:all|exists|exists_one|filter|map)\(\s*(\w+)\s*,")
# As the parser (ANTLR) words its first finding; the place counts from 1.
PARSE_ERROR = re.compile(
    r"<input>:(?P<line>\d+):(?P<column>\d+): Syntax error: "
    r"(?:mismatched input|extraneous input|token recognition error at:|no viable alternative at input) (?P<met>'.+?')"
)


class ExpressionError(InvalidInputError):
    """An expression does not parse, or asks for something that is not there."""

    code = "invalid_expression"


def money(amount: int, currency: str) -> str:
    """Write an amount given in the currency's smallest unit: `$49.00`, `¥5,400`, `49.00 CHF`."""
    code = currency.lower()
    digits = f"{amount:,}" if code in ZERO_DECIMAL else f"{amount / 100:,.2f}"
    return f"{SYMBOLS[code]}{digits}" if code in SYMBOLS else f"{digits} {code.upper()}"


def _time(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def day(value: str | datetime) -> str:
    """Write a date as people say it: `3 November`, with the year when it is another one."""
    at = _time(value)
    text = f"{at.day} {at:%B}"
    return text if at.year == clock.now().year else f"{text} {at.year}"


def days_between(first: str | datetime, second: str | datetime) -> float:
    """Count the days between two times, never negative."""
    return abs((_time(first) - _time(second)).total_seconds()) / SECONDS_PER_DAY


def join(parts: list[Any], separator: str) -> str:
    """Write a list as text of at most 20,000 characters.

    Raises:
        ValueError: it would be longer.
    """
    text = separator.join(str(part) for part in parts)
    if len(text) > MAX_TEXT:
        raise ValueError(f"join makes a text of over {MAX_TEXT:,} characters")
    return text


def words(text: str) -> list[str]:
    """Give a text's words, at most the first 1,000."""
    return text.split(maxsplit=MAX_WORDS)[:MAX_WORDS]


def shorten(text: str, length: int) -> str:
    """Make one line of a text, cut at a word to at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 2].rsplit(" ", 1)[0] + " …"


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "money": money,
    "date": day,
    "days_between": days_between,
    "join": join,
    "lower": str.lower,
    "shorten": shorten,
    "words": words,
}


def check(expression: str) -> None:
    """Parse an expression.

    Raises:
        ExpressionError: it is not CEL (the message points at the place), or over 2,000 characters.
    """
    _check_length(expression)
    try:
        cel.compile(expression)
    except ValueError as exc:
        raise ExpressionError(_plainly(str(exc))) from exc


def names_in(expression: str) -> set[str]:
    """Name the values that an expression reads from outside, without what its own macros bind.

    Raises:
        ExpressionError: it is not CEL.
    """
    try:
        found = set(cel.compile(expression).variables())
    except ValueError as exc:
        raise ExpressionError(_plainly(str(exc))) from exc
    return found - TYPES - set(BOUND.findall(TEXT_LITERAL.sub('""', expression)))


def _plainly(error: str) -> str:
    """Keep of a parser's message what helps a person: where, and what was met there."""
    found = PARSE_ERROR.search(error)
    if not found:
        return error
    place = f"At character {found['column']}" + (f" of line {found['line']}" if found["line"] != "1" else "")
    met = found["met"]
    return f"{place}: it ends too early." if met == "'<EOF>'" else f"{place}: {met} does not fit there."


def _check_length(expression: str) -> None:
    if len(expression) > MAX_EXPRESSION:
        raise ExpressionError(f"An expression may have up to {MAX_EXPRESSION:,} characters.")


def _check_rounds(expression: str, values: Mapping[str, Any]) -> None:
    """Refuse loops in loops over lists so long that they might turn over a million times."""
    depth = _loop_depth(expression)
    longest = max(MAX_WORDS if "words" in expression else 1, _longest(values)) if depth > 1 else 1
    if longest**depth > MAX_ROUNDS:
        raise ExpressionError(f"{expression}: {depth} loops in one another over {longest:,} entries take too long.")


def _loop_depth(expression: str) -> int:
    """Count how deep macros such as `map` stand in one another; a bracket inside a text at most counts too much."""
    opened = {match.end() - 1 for match in LOOP.finditer(expression)}
    stack: list[bool] = []
    deepest = 0
    for place, character in enumerate(expression):
        if character == "(":
            stack.append(place in opened)
            deepest = max(deepest, sum(stack))
        elif character == ")" and stack:
            stack.pop()
    return deepest


def _longest(value: Any) -> int:
    """Give the length of the longest list or mapping in a value."""
    if isinstance(value, Mapping):
        return max([len(value), *map(_longest, value.values())])
    return max([len(value), *map(_longest, value)]) if isinstance(value, list | tuple) else 0


def evaluate(expression: str, values: Mapping[str, Any]) -> Any:
    """Compute an expression over plain values (`now`, an ISO time, is always there).

    Raises:
        ExpressionError: it does not parse, may cost too much, or a name, key or type does not fit.
    """
    _check_length(expression)
    _check_rounds(expression, values)
    context = cel.Context({"now": clock.now().isoformat(), **values}, FUNCTIONS)
    try:
        return cel.evaluate(expression, context)
    except (ValueError, RuntimeError, TypeError, LookupError, ArithmeticError) as exc:
        raise ExpressionError(f"{expression}: {exc}") from exc
