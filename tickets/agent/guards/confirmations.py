"""A confirmation is a question of this episode that the customer answered with yes, about this very action."""

from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Act, Decision, HandOff
from tickets.models import AgentStep, Handoff


def refuse_made_up_confirmations(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Refuse an action that names a confirmation which the journal does not hold for this call, argument by argument."""
    if not isinstance(decision, Act) or not decision.confirmation or _was_confirmed(decision, context):
        return decision
    return Refusal(
        rule="no_such_confirmation",
        story=f"Refused to call {decision.capability}: the customer did not say yes to that.",
        instead=HandOff(reason=Handoff.Reason.POLICY),
    )


def _was_confirmed(act: Act, context: AgentContext) -> bool:
    asked = any(
        step.id == act.confirmation
        and step.kind == AgentStep.Kind.ASK
        and step.state == AgentStep.State.DONE
        and step.input.get("expects") == "confirm"
        and step.input.get("about", {}).get("call") == {"capability": act.capability, "arguments": act.arguments}
        for step in context.earlier
    )
    said_yes = any(
        step.kind == AgentStep.Kind.UNDERSTAND
        and (step.input.get("reply") or {}).get("ask") == act.confirmation
        and step.input["reply"].get("value") is True
        for step in context.all_steps
    )
    return asked and said_yes
