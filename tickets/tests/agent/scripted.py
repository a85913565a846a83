"""A policy that decides what a test says, and counts how often it was asked."""

from collections.abc import Callable
from uuid import UUID

from tickets.agent.calls import ModelCall
from tickets.agent.context import AgentContext
from tickets.agent.policy import Answer, Decision, Sentence, Understanding
from tickets.models import AgentRun

HELLO = Answer(sentences=(Sentence(text="Good day."),))


class Scripted:
    """Decides one given thing after the other; `before` is called each time it is asked."""

    name = "scripted"

    def __init__(self, *decisions: Decision, understood: Understanding | None = None) -> None:
        self.decisions = list(decisions)
        self.understood = understood or Understanding(act="request", story="Understood.")
        self.read: list[str] = []
        self.asked = 0
        self.calls: list[ModelCall] = []
        self.before: Callable[[], object] = lambda: None

    def understand(self, context: AgentContext) -> Understanding:
        """Note the turn's words."""
        self.read.append(context.text)
        return self.understood

    def decide(self, context: AgentContext) -> Decision:
        """Give the next decision."""
        del context
        self.before()
        self.asked += 1
        return self.decisions.pop(0)

    def versions(self) -> dict[str, str]:
        """Name its version."""
        return {"policy": "scripted-1"}

    def take_calls(self) -> tuple[ModelCall, ...]:
        """Give the calls that a test put there."""
        taken, self.calls = tuple(self.calls), []
        return taken


def agent_texts(run: AgentRun) -> list[str]:
    """Give what the AI agent said on the run's ticket."""
    return list(run.ticket.messages.filter(author="ai_agent").values_list("body", flat=True))


def client_ids(run: AgentRun) -> list[UUID]:
    """Give the ids under which the AI agent's messages were stored."""
    return list(run.ticket.messages.filter(author="ai_agent").values_list("client_id", flat=True))
