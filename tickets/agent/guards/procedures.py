"""An action is a step of its procedure, and a question shows the very call that a yes would allow."""

from supportai.core.cel import money
from tickets.agent.confirmations import shown_with
from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Act, Ask, Decision, HandOff, to_json
from tickets.models import Handoff, ProcedureStep

CALLS = frozenset({ProcedureStep.Kind.LOOK_UP, ProcedureStep.Kind.ACT})
# Longer arguments (the body of an issue) are the customer's own words and need not be shown again.
SHOWN_LENGTH = 40


def hold_to_procedure(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Refuse an action that its procedure does not hold, and a confirm question that hides what it is about."""
    if isinstance(decision, Act) and not _is_step(decision.procedure, decision.capability, context):
        return _refuse("not_in_procedure", f"Refused to call {decision.capability}: no step of the procedure.")
    if isinstance(decision, Ask) and decision.expects == "confirm":
        call = decision.about.get("call") or {}
        if not _is_step(decision.procedure, str(call.get("capability", "")), context):
            return _refuse(
                "not_in_procedure", "Refused to ask for a yes to something that is no step of the procedure."
            )
        if not _shows(decision, dict(call.get("arguments", {}))):
            return _refuse("question_hides_the_call", "Refused to ask for a yes without naming what it is for.")
    return decision


def _refuse(rule: str, story: str) -> Refusal:
    return Refusal(rule=rule, story=story, instead=HandOff(reason=Handoff.Reason.POLICY))


def _is_step(slug: str, capability: str, context: AgentContext) -> bool:
    procedure = context.settings.procedure(slug)
    return procedure is not None and any(
        step.kind in CALLS and step.capability == capability for step in procedure.steps
    )


def _shows(ask: Ask, arguments: dict[str, object]) -> bool:
    """Tell whether ids, short values and amounts of a call stand in what the customer is shown."""
    shown = " ".join(shown_with(to_json(ask))).lower()
    currency = str(arguments.get("currency", ""))
    return all(_is_shown(value, shown, currency) for name, value in arguments.items() if name != "currency")


def _is_shown(value: object, shown: str, currency: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return True
    if isinstance(value, int):
        forms = [money(value, code).lstrip("$€£¥") for code in ([currency] if currency else ["usd", "jpy"])]
        return any(form.lower() in shown for form in [*forms, str(value)])
    return len(value) > SHOWN_LENGTH or " " in value or value.lower() in shown
