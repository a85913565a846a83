"""Compare what happened with what a scenario expects; every difference is one sentence."""

from collections.abc import Callable, Iterable
from typing import Any

from integrations.models import ActionExecution, Approval
from integrations.services.sandbox import sandbox_value
from supportai.core.errors import InvalidInputError
from supportai.core.models import JSONDict
from supportai.simulation.form import as_list
from tickets.models import AgentRun, Citation, Handoff, Message, Ticket
from tickets.services.packet import packet_text

NOT_YET = ("highlights",)
TRIAGE_NOT_YET = ("language", "sentiment", "spam", "entities")
HAPPENED = (ActionExecution.State.SUCCEEDED, ActionExecution.State.UNKNOWN, ActionExecution.State.COMPENSATED)


def judge(expect: JSONDict, ticket: Ticket | None) -> list[str]:
    """Give the failures of an `expect` mapping; empty when all of it holds."""
    failures = [f"not supported yet: {key}" for key in NOT_YET if key in expect]
    checks: dict[str, Callable[[Any], list[str]]] = {
        "outcome": lambda v: _one_of("outcome", outcome_of(ticket), v),
        "ledger": lambda v: _one_of("ledger", ticket.ledger if ticket else "", v),
        "calls": _calls,
        "never": _never,
        "state": _state,
        "reply_contains": lambda v: _contains("reply", replies_of(ticket), v),
        "reply_lacks": lambda v: _lacks(replies_of(ticket), v),
        "cites": lambda v: _cites(ticket, v),
        "handoff": lambda v: _handoff(ticket, v),
        "triage": lambda v: _triage(ticket, v),
        "approvals": _approvals,
    }
    for key, check in checks.items():
        if key in expect:
            failures += check(expect[key])
    return failures


def outcome_of(ticket: Ticket | None) -> str:
    """Name where a ticket stands when nothing more is said: an answer without a question counts as resolved."""
    if ticket is None:
        return "waiting_customer"
    if ticket.is_resolved:
        return "resolved"
    run = ticket.runs.filter(episode=ticket.episode).order_by("-pk").first()
    if run and run.state == AgentRun.State.WAITING_APPROVAL:
        return "waiting_approval"
    if ticket.is_with_person:
        return "handed_off"
    is_answered = ticket.status == Ticket.Status.PENDING and run and run.state == AgentRun.State.COMPLETED
    return "resolved" if is_answered else "waiting_customer"


def replies_of(ticket: Ticket | None) -> str:
    """Give everything the AI agent said in public, one text."""
    if ticket is None:
        return ""
    said = ticket.messages.filter(author=Message.Author.AI_AGENT, kind=Message.Kind.PUBLIC)
    return "\n".join(said.order_by("sequence").values_list("body", flat=True))


def made_calls() -> list[ActionExecution]:
    """Give the executions that reached the connector and succeeded, or may have."""
    return list(ActionExecution.objects.filter(attempts__gt=0, state__in=HAPPENED).order_by("pk"))


def reached(action: str, arguments: Any = None) -> list[ActionExecution]:
    """Give the executions of an action that reached the connector, whatever came of it."""
    rows = ActionExecution.objects.filter(action=action, attempts__gt=0)
    return [row for row in rows if _matches(row.arguments, arguments)]


def _one_of(what: str, actual: str, wanted: Any) -> list[str]:
    return [] if actual in as_list(wanted) else [f"{what} is {actual or 'empty'}, expected {_show(wanted)}"]


def _calls(items: list[Any]) -> list[str]:
    failures = []
    for item in items:
        options = [_call_failure(option) for option in as_list(item)]
        if all(options):
            failures.append(" or ".join(filter(None, options)))
    return failures


def _call_failure(item: JSONDict) -> str:
    found = [
        row for row in made_calls() if row.action == item["action"] and _matches(row.arguments, item.get("arguments"))
    ]
    is_right = len(found) == item["times"] if "times" in item else bool(found)
    wanted = f"{item['times']} times" if "times" in item else "at least once"
    return "" if is_right else f"{_show(item)} was called {len(found)} times, expected {wanted}"


def _never(items: list[Any]) -> list[str]:
    failures = []
    for item in items:
        action, arguments = (item, None) if isinstance(item, str) else (item["action"], item.get("arguments"))
        if reached(action, arguments):
            failures.append(f"{_show(item)} must never be called, but was")
    return failures


def _matches(actual: JSONDict, wanted: Any) -> bool:
    if not wanted:
        return True
    return any(
        all(name in actual and _equal(actual[name], value) for name, value in option.items())
        for option in as_list(wanted)
    )


def _equal(actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and set(wanted) == {"any"}:
        return any(_equal(actual, value) for value in wanted["any"])
    if isinstance(wanted, dict) and set(wanted) == {"contains"}:
        return isinstance(actual, list) and wanted["contains"] in actual
    if isinstance(wanted, dict) and set(wanted) == {"lacks"}:
        return isinstance(actual, list) and wanted["lacks"] not in actual
    if isinstance(wanted, list) and isinstance(actual, list):
        return set(map(str, actual)) == set(map(str, wanted))
    return bool(actual == wanted)


def _state(wanted: JSONDict) -> list[str]:
    plain = {path: value for path, value in wanted.items() if path != "any"}
    failures = _state_failures(plain)
    options = wanted.get("any")
    if options is not None:
        each = [_state_failures(option) for option in options]
        if all(each):
            failures.append("none of state.any holds: " + " | ".join("; ".join(texts) for texts in each))
    return failures


def _state_failures(wanted: JSONDict) -> list[str]:
    failures = []
    for path, value in wanted.items():
        try:
            actual = sandbox_value(path)
        except InvalidInputError as exc:
            failures.append(exc.message)
            continue
        if not _equal(actual, value):
            failures.append(f"{path} is {actual!r}, expected {_show(value)}")
    return failures


def _contains(what: str, text: str, items: Iterable[Any]) -> list[str]:
    lowered = text.lower()
    return [
        f"no {what} contains {_show(item)}"
        for item in items
        if not any(str(option).lower() in lowered for option in as_list(item))
    ]


def _lacks(text: str, items: Iterable[Any]) -> list[str]:
    return [f"a reply contains {_show(item)}" for item in items if str(item).lower() in text.lower()]


def _cites(ticket: Ticket | None, slugs: list[str]) -> list[str]:
    cited = set(Citation.objects.filter(message__ticket=ticket).values_list("article_slug", flat=True))
    return [
        f"no reply cites {slug}; cited: {', '.join(sorted(cited)) or 'nothing'}" for slug in slugs if slug not in cited
    ]


def _handoff(ticket: Ticket | None, wanted: JSONDict) -> list[str]:
    handoff = Handoff.objects.filter(ticket=ticket).order_by("-pk").first()
    if handoff is None:
        return ["there was no handoff"]
    failures = _one_of("handoff.reason", handoff.reason, wanted["reason"]) if "reason" in wanted else []
    return failures + _contains("packet", packet_text(handoff.packet), wanted.get("packet_contains", []))


def _triage(ticket: Ticket | None, wanted: JSONDict) -> list[str]:
    failures = [f"not supported yet: triage.{key}" for key in TRIAGE_NOT_YET if key in wanted]
    actual = {
        "intent": ticket.intent if ticket else "",
        "priority": ticket.priority if ticket else "",
        "team": ticket.team.slug if ticket and ticket.team else "",
    }
    for key, value in actual.items():
        if key in wanted:
            failures += _one_of(f"triage.{key}", value, wanted[key])
    return failures


def _approvals(items: list[JSONDict]) -> list[str]:
    waiting = [a.execution for a in Approval.objects.filter(state=Approval.State.PENDING).select_related("execution")]
    return [
        f"no approval waits for {_show(item)}"
        for item in items
        if not any(e.action == item["action"] and _matches(e.arguments, item.get("arguments")) for e in waiting)
    ]


def _show(value: Any) -> str:
    if isinstance(value, list):
        return " or ".join(_show(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_show(item)}" for key, item in value.items())
    return str(value)
