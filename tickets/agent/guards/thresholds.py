"""Nothing is answered or done below the thresholds that a lead set."""

from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Act, Answer, Decision, HandOff, text_of
from tickets.models import Handoff


def refuse_unsure(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Refuse a factual answer or an action whose probability of being right is too low."""
    if isinstance(decision, Answer) and decision.is_factual:
        needed, what = context.settings.answer_threshold, "an answer"
    elif isinstance(decision, Act):
        needed, what = context.settings.act_threshold, "an action"
    else:
        return decision
    if decision.confidence >= needed:
        return decision
    return Refusal(
        rule="below_threshold",
        story=f"Held back {what} that was not sure enough.",
        instead=HandOff(reason=Handoff.Reason.LOW_CONFIDENCE, draft=text_of(decision), confidence=decision.confidence),
    )
