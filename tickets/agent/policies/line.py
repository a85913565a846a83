"""The line of models that are asked one after the other, within one budget of time for the whole turn."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from integrations.errors import ModelError
from integrations.services.generators.completions import complete
from integrations.services.generators.types import Completion, ModelMessage, ProviderSettings, ToolSpec
from tickets.agent.calls import ModelCall
from tickets.agent.prompts import Prompt

log = structlog.get_logger(__name__)

# A turn asks at most twice, and a customer waits for failing models no longer than this share of one deadline.
BUDGET_SHARE = 1.25
# With less time than this left a model is not asked any more.
LEAST_SECONDS = 1.0
# How long others need not try a provider that failed, by what was wrong with it; a single odd answer says nothing of the next.
COOL_DOWN_SECONDS = {"timeout": 30, "unreachable": 30, "rate_limited": 60, "refused": 120}
# What the provider of the environment is called, which has no name of its own.
DEFAULT = "the default model"
LONGEST_COOL_DOWN_SECONDS = 600
FAULTS = {
    "rate_limited": "had no capacity left",
    "unreachable": "could not be reached",
    "refused": "refused the request",
    "malformed": "answered in a form that cannot be read",
    "empty": "answered nothing",
    "cut_off": "broke off in the middle",
}


class Told(Protocol):
    """What a completion was read as; `said` tells it in a few words for the journal."""

    @property
    def said(self) -> str:
        """Tell it."""


T = TypeVar("T", bound=Told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T]):
    """What a model is asked, and how its answer is read; `read` raises ModelError on what it cannot use.

    `on_text` gets each piece of text; `on_failure` is called when what was told so far no longer counts.
    """

    prompt: Prompt
    material: str
    tools: Sequence[ToolSpec]
    read: Callable[[Completion], T]
    on_text: Callable[[str], None] | None = None
    on_failure: Callable[[], None] = lambda: None


@dataclass(slots=True)
class ModelLine:
    """The providers of a deployment in their order, for one run; `most_seconds` bounds what the run may wait for them."""

    providers: tuple[ProviderSettings, ...]
    most_seconds: float
    calls: list[ModelCall] = field(default_factory=list)
    spent_seconds: float = 0.0
    failed: set[str] = field(default_factory=set)

    def ask(self, question: Question[T]) -> T | None:
        """Ask one provider after the other; None when none gave an answer that can be used."""
        for provider in self.providers:
            reason = self._why_not(provider)
            if reason:
                self._note(provider, question, fault=reason, is_skipped=True)
                continue
            answer = self._try(provider, question)
            if answer is not None:
                return answer
        return None

    def take_calls(self) -> tuple[ModelCall, ...]:
        """Give the attempts since the last time this was asked."""
        taken, self.calls = tuple(self.calls), []
        return taken

    @property
    def _seconds_left(self) -> float:
        deadline = max(provider.timeout_seconds for provider in self.providers)
        return min(BUDGET_SHARE * deadline, self.most_seconds) - self.spent_seconds

    def _why_not(self, provider: ProviderSettings) -> str:
        """Say why a provider is not asked now; empty when it is."""
        if provider.name in self.failed:
            return "was passed over, because it had failed in this turn"
        if self._seconds_left < LEAST_SECONDS:
            return "was passed over, because the turn had no time left"
        why = _pause_of(provider)
        return f"was passed over, because shortly before it {why}" if why else ""

    def _try(self, provider: ProviderSettings, question: Question[T]) -> T | None:
        timed = replace(provider, timeout_seconds=min(provider.timeout_seconds, self._seconds_left))
        messages = [
            ModelMessage(role="system", text=question.prompt.text),
            ModelMessage(role="user", text=question.material),
        ]
        began = time.monotonic()
        try:
            completion = complete(timed, messages, tools=tuple(question.tools), on_text=question.on_text)
            answer = question.read(completion)
        except ModelError as exc:
            self._fail(timed, question, exc, time.monotonic() - began)
            return None
        finally:
            self.spent_seconds += time.monotonic() - began
        self._note(
            provider,
            question,
            said=answer.said,
            input_tokens=completion.input_tokens,
            output_tokens=completion.output_tokens,
            cost_microdollars=completion.cost_microdollars,
            duration_ms=completion.duration_ms,
        )
        return answer

    def _fail(self, provider: ProviderSettings, question: Question[Any], exc: ModelError, seconds: float) -> None:
        """Note a failure, take back what was told, and let others pass the provider over for a while."""
        question.on_failure()
        self.failed.add(provider.name)
        fault = FAULTS.get(exc.reason, f"timed out after {seconds:.0f} s")
        self._note(provider, question, fault=fault, duration_ms=round(seconds * 1000))
        pause = COOL_DOWN_SECONDS.get(exc.reason, 0)
        if pause:
            _pause(provider, fault, seconds=min(max(pause, exc.retry_after or 0), LONGEST_COOL_DOWN_SECONDS))

    def _note(self, provider: ProviderSettings, question: Question[Any], **values: Any) -> None:
        version = question.prompt.version
        self.calls.append(
            ModelCall(
                provider=provider.name if provider.provider_id else DEFAULT,
                model=provider.model,
                prompt=version,
                **values,
            )
        )


def _pause(provider: ProviderSettings, fault: str, *, seconds: float) -> None:
    """Let all workers pass a provider over; a cache that is away only means that they try for themselves."""
    try:
        cache.set(_key(provider), fault, timeout=seconds)
    except RedisError as exc:
        log.warning("model.pause_not_kept", error=str(exc))


def _pause_of(provider: ProviderSettings) -> str:
    """Say why a provider is passed over at present; empty when it is not."""
    try:
        return str(cache.get(_key(provider)) or "")
    except RedisError as exc:
        log.warning("model.pause_not_read", error=str(exc))
        return ""


def _key(provider: ProviderSettings) -> str:
    """Name the cool-down of a provider; another model or address of the same name starts afresh."""
    parts = f"{provider.name}|{provider.kind}|{provider.model}|{provider.base_url}"
    return f"model-skipped:{hashlib.sha256(parts.encode()).hexdigest()[:24]}"
