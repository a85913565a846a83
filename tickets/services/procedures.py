"""Check a procedure as a whole: what its steps read must be there by then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from supportai.core import cel
from tickets.models import ProcedureStep
from tickets.models.procedure import template_expressions

# What the step engine (agent/procedures.py) and the expression language offer to every step.
ALWAYS_THERE = frozenset(["contact", "now", "rejected", "said", "slots", "told"])
ONLY_IN_OPTIONS = "item"


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStep:
    """A step's texts as they were typed; `key` may be empty, and what does not parse is passed over."""

    kind: str
    key: str
    condition: str = ""
    expression: str = ""
    text: str = ""
    label: str = ""
    on_no: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    card: Mapping[str, str] = field(default_factory=dict)


def draft_of(step: ProcedureStep) -> DraftStep:
    """Read a stored step."""
    return DraftStep(**{name: getattr(step, name) for name in DraftStep.__dataclass_fields__})


def unknown_names(steps: Sequence[DraftStep]) -> list[dict[str, str]]:
    """Find names that nothing gives: for each step, in order, messages by field.

    A step's own key is known after it, also when its condition may skip it: the writer guards that.
    """
    known = set(ALWAYS_THERE)
    later = {step.key for step in steps if step.key}
    found: list[dict[str, str]] = []
    for step in steps:
        found.append(_unknown_in(step, known, later))
        known |= {step.key} - {""}
    return found


def _unknown_in(step: DraftStep, known: set[str], later: set[str]) -> dict[str, str]:
    errors: dict[str, str] = {}
    for place, expression in _expressions(step):
        is_option = place == "label" and step.kind == ProcedureStep.Kind.CHOOSE
        here = known | {ONLY_IN_OPTIONS} if is_option else known
        unknown = sorted(_names(expression) - here)
        if unknown and place not in errors:
            errors[place] = _message(unknown[0], here, later - known)
    return errors


def _message(name: str, known: set[str], later: set[str]) -> str:
    if name in later:
        return f"{name} is not known yet: only earlier steps can be read here."
    near = get_close_matches(name, known, n=1)
    return f"Nothing is called {name}" + (f"; did you mean {near[0]}?" if near else ".") + f" {_offer(known)}"


def _offer(known: set[str]) -> str:
    return f"There is: {', '.join(sorted(known))}."


def _names(expression: str) -> set[str]:
    try:
        return cel.names_in(expression)
    except cel.ExpressionError:
        return set()


def _expressions(step: DraftStep) -> Iterator[tuple[str, str]]:
    """Give each expression with the field that it stands in."""
    for place in ("condition", "expression"):
        if expression := getattr(step, place):
            yield place, expression
    for place in ("text", "label", "on_no"):
        yield from ((place, found) for found in template_expressions(getattr(step, place)) if found)
    yield from (("arguments", expression) for expression in step.arguments.values())
    for text in step.card.values():
        yield from (("card", found) for found in template_expressions(text) if found)
