"""What the loop enforces on every decision, whoever made it."""

from collections.abc import Callable

from tickets.agent.context import AgentContext
from tickets.agent.guards.base import Refusal
from tickets.agent.guards.confirmations import refuse_made_up_confirmations
from tickets.agent.guards.grounding import keep_grounded
from tickets.agent.guards.links import keep_known_links
from tickets.agent.guards.procedures import hold_to_procedure
from tickets.agent.guards.promises import refuse_false_claims
from tickets.agent.guards.repeats import refuse_repeats
from tickets.agent.guards.stages import hold_to_stage
from tickets.agent.guards.thresholds import refuse_unsure
from tickets.agent.policy import Decision

Guard = Callable[[Decision, AgentContext], Decision | Refusal]

# In this order: each sees what the one before let through.
GUARDS: tuple[Guard, ...] = (
    refuse_unsure,
    hold_to_procedure,
    refuse_made_up_confirmations,
    keep_grounded,
    refuse_false_claims,
    refuse_repeats,
    keep_known_links,
    hold_to_stage,
)


def check(decision: Decision, context: AgentContext) -> Decision | Refusal:
    """Pass a decision through all guards; the first refusal ends it."""
    for guard in GUARDS:
        outcome = guard(decision, context)
        if isinstance(outcome, Refusal):
            return outcome
        decision = outcome
    return decision


__all__ = ["GUARDS", "Refusal", "check", "hold_to_stage"]
