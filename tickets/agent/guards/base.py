"""What a guard says when it refuses."""

from dataclasses import dataclass

from tickets.agent.policy import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refused decision: the rule, a past-tense sentence for staff, and what happens instead."""

    rule: str
    story: str
    instead: Decision
