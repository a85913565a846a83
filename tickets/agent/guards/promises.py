"""No claim without a success: a reply that says something was done needs the execution that did it."""

import re

from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Answer, Ask, Decision, HandOff, text_of
from tickets.models import AgentStep, Handoff

DONE = r"(?:refunded|credited|cancel+ed|sent|reset|unlocked|upgraded|downgraded|changed|granted|filed|re-?synced|resent|restarted|removed|deleted)"
# First person ("I have refunded"), passive about the customer's own things ("your charge has been refunded").
CLAIM = re.compile(
    rf"\b(?:i|we)(?:'ve|’ve| have| just| have just)?\s+(?:already |now |just |successfully )?{DONE}\b"
    rf"|\b(?:your|the|this|that)\s+[\w\s]{{1,40}}?\b(?:has|have|was|were|is|are)\s+(?:been |now |being )?{DONE}\b"
    r"|\b(?:refund|credit|reset link|cancellation|invoice)\s+(?:is|has been|was)\s+(?:issued|made|done|on its way|completed|sent)\b",
    re.IGNORECASE,
)
NEGATED = re.compile(r"\b(?:nothing|not|never|no)\b", re.IGNORECASE)


def refuse_false_claims(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Refuse an own (uncited) statement of a completed act when no action of the episode succeeded."""
    if isinstance(decision, Answer):
        texts = [s.text for s in decision.sentences if not decision.is_factual or s.source is None]
    elif isinstance(decision, Ask):
        texts = [decision.text]
    else:
        return decision
    if not any(claims(text) for text in texts) or _something_succeeded(context):
        return decision
    return Refusal(
        rule="no_claim_without_a_success",
        story="Refused its own draft, which claimed something that no action did.",
        instead=HandOff(reason=Handoff.Reason.TOOL_FAILURE, why=f"Draft held back: {text_of(decision)[:200]}"),
    )


def claims(text: str) -> bool:
    """Tell whether a text says that something was done; questions about and denials of it do not."""
    return any(CLAIM.search(sentence) and not NEGATED.search(sentence) for sentence in re.split(r"(?<=[.!?])\s+", text))


def _something_succeeded(context: AgentContext) -> bool:
    return any(
        step.kind == AgentStep.Kind.ACT
        and step.state == AgentStep.State.DONE
        and step.output.get("state") == "succeeded"
        and step.output.get("risk") != "read"
        for step in context.all_steps
    )
