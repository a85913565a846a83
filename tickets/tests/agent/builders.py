"""Contexts built by hand, for tests of what depends on nothing else."""

from datetime import timedelta
from itertools import count
from typing import Any

from tickets.agent.context import AgentContext, Person, Said, Step
from tickets.selectors_agent import AgentSettings, IntentRule, ProcedureRule, StepRule

_numbers = count(1)


def settings(**changes: Any) -> AgentSettings:
    """Give the demo's defaults without intents and procedures."""
    values: dict[str, Any] = {
        "version": "test", "is_on": True, "answer_threshold": 0.6, "act_threshold": 0.8,
        "silence": timedelta(hours=24), "max_steps": 20, "max_seconds": 60, "intents": (), "procedures": (),
    }  # fmt: skip
    return AgentSettings(**(values | changes))


def intent(slug: str, *phrases: str, **changes: Any) -> IntentRule:
    """Give an intent at auto."""
    values: dict[str, Any] = {
        "slug": slug, "name": slug.replace("_", " ").capitalize(), "phrases": phrases, "team_id": None,
        "priority": "normal", "is_how_to": False, "stage": "auto",
    }  # fmt: skip
    return IntentRule(**(values | changes))


def procedure(slug: str, *steps: StepRule, needs_identity: bool = True) -> ProcedureRule:
    """Give a procedure of these steps."""
    return ProcedureRule(slug=slug, name=slug, needs_identity=needs_identity, guidance="", steps=steps)


def step(kind: str, *, run_id: int = 1, state: str = "done", rule: str = "", output: Any = None, **given: Any) -> Step:
    """Give a journalled step; keyword arguments are its input."""
    return Step(
        id=f"step-{next(_numbers)}", run_id=run_id, kind=kind, state=state, input=given, output=output or {}, rule=rule
    )


def context(text: str = "hello", **changes: Any) -> AgentContext:
    """Give a context in which a verified Ana says `text`."""
    said = Said(sequence=9, author="customer", text=text)
    values: dict[str, Any] = {
        "run_id": 2, "turn": (said,), "said": (said,), "earlier": (), "steps": (), "settings": settings(),
        "languages": ("en",),
        "person": Person(id=1, name="Ana Ruiz", email="ana@northwind.example", organization="Northwind", plan="pro", level="signed"),
    }  # fmt: skip
    return AgentContext(**(values | changes))
