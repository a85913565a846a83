"""How far the AI agent may go for an intent: off, shadow and draft end with people; approval is asked per action."""

from integrations.actions import Risk
from integrations.services.executions import spec_of
from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.policy import Act, Answer, Ask, Decision, HandOff, text_of
from tickets.models import AgentStep, Handoff, Stage

# What every customer may have at any stage: a person, a greeting, thanks.
ALWAYS = frozenset({"human_request", "small_talk"})


def stage_of(context: AgentContext, procedure: str = "") -> str:
    """Give the stage of a procedure's intent, else of the turn's; what nobody configured runs at auto."""
    step = context.step(AgentStep.Kind.UNDERSTAND)
    slug = procedure or (str(step.input.get("intent", "")) if step else "")
    intent = context.settings.intent(slug)
    return intent.stage if intent and slug not in ALWAYS else Stage.Level.AUTO


def hold_to_stage(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Turn what would reach the customer or change something into a hand-off, with a draft where that is the stage."""
    stage = stage_of(context, decision.procedure if isinstance(decision, Act | Ask) else "")
    if stage == Stage.Level.AUTO or isinstance(decision, HandOff) or _is_harmless(decision, stage):
        return decision
    shows_draft = stage in {Stage.Level.DRAFT, Stage.Level.APPROVAL}
    return Refusal(
        rule=f"stage_{stage}",
        story=f"Stopped because this intent is at the stage {stage}.",
        instead=HandOff(
            reason=Handoff.Reason.POLICY,
            draft=_draft(decision) if shows_draft else "",
            confidence=getattr(decision, "confidence", 1.0),
        ),
    )


def _is_harmless(decision: Decision, stage: str) -> bool:
    """Let look-ups through (but for off), and at approval also the actions, which then wait for a person."""
    if stage == Stage.Level.OFF:
        return False
    if isinstance(decision, Act):
        spec = spec_of(decision.capability)
        return stage == Stage.Level.APPROVAL or (spec is not None and spec.risk == Risk.READ)
    if stage == Stage.Level.APPROVAL:
        return not (isinstance(decision, Answer) and decision.is_factual)
    return False


def _draft(decision: Decision) -> str:
    if isinstance(decision, Answer | Ask):
        return text_of(decision)
    if isinstance(decision, Act):
        values = ", ".join(f"{name} {value}" for name, value in decision.arguments.items())
        return f"Proposed: {decision.capability} ({values})"
    return ""
