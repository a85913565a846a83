"""The same answer is never sent twice in an episode."""

from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Answer, Decision, HandOff
from tickets.models import AgentStep, Handoff


def refuse_repeats(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Refuse an answer whose sentences were all said before; the customer asked again, so it did not help."""
    if not isinstance(decision, Answer) or not decision.is_factual:
        return decision
    now = {sentence.text for sentence in decision.sentences}
    for step in context.earlier:
        if step.kind == AgentStep.Kind.ANSWER and step.state == AgentStep.State.DONE:
            before = {sentence["text"] for sentence in step.input.get("sentences", [])}
            if now <= before:
                return Refusal(
                    rule="same_answer_twice",
                    story="Held back an answer that was given before.",
                    instead=HandOff(reason=Handoff.Reason.REPEATED_FAILURE),
                )
    return decision
