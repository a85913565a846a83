"""The LLM policy with the local policy behind it: whatever a model does, the turn goes on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from integrations.services.generators.types import ProviderSettings
from tickets.agent.calls import ModelCall
from tickets.agent.context import AgentContext
from tickets.agent.live import Screen
from tickets.agent.policies.line import ModelLine
from tickets.agent.policies.llm import LLMPolicy
from tickets.agent.policies.local import LocalPolicy
from tickets.agent.policy import Decision, Understanding

log = structlog.get_logger(__name__)

T = TypeVar("T")


class FailoverPolicy:
    """Asks the models in their order; when none of them helps, the local policy reads and decides."""

    name = "llm"

    def __init__(self, providers: Sequence[ProviderSettings], screen: Screen, *, most_seconds: float) -> None:
        self.screen = screen
        self.line = ModelLine(providers=tuple(providers), most_seconds=most_seconds)
        self.llm = LLMPolicy(self.line, screen)
        self.local = LocalPolicy()
        self.broken: list[ModelCall] = []

    def understand(self, context: AgentContext) -> Understanding:
        """Read the turn with a model as a witness beside the heads."""
        return self._guarded(lambda: self.llm.understand(context), lambda: self.local.understand(context))

    def decide(self, context: AgentContext) -> Decision:
        """Let a model write what is to be answered; everything else is decided as ever."""
        return self._guarded(lambda: self.llm.decide(context), lambda: self.local.decide(context))

    def versions(self) -> dict[str, str]:
        """Name policy, prompts, and the policy behind it."""
        return self.llm.versions()

    def take_calls(self) -> tuple[ModelCall, ...]:
        """Give the attempts since the last time this was asked."""
        taken, self.broken = self.broken, []
        return (*self.line.take_calls(), *taken)

    def _guarded(self, by_model: Callable[[], T], without: Callable[[], T]) -> T:
        try:
            return by_model()
        except (
            Exception
        ) as exc:  # what a model says can break code in ways nobody foresaw; the customer still gets a reply
            log.exception("policy.llm_broke")
            self.screen.clear()
            name = self.line.providers[0].name
            fault = f"gave something that broke the policy ({type(exc).__name__})"
            self.broken.append(ModelCall(provider=name, model=self.line.providers[0].model, prompt="", fault=fault))
            return without()
