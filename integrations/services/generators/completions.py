"""Ask one language model: a whole answer within the deadline, or a `ModelError` that says why there is none."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from integrations.errors import ModelError
from integrations.services.generators.collector import Collector
from integrations.services.generators.failures import failure_of
from integrations.services.generators.providers import note_failure, note_success
from integrations.services.generators.schemas import checked_request, tool_schema
from integrations.services.generators.structured import answer_schema, instructions, read_answer
from integrations.services.generators.texts import Found, find_calls
from integrations.services.generators.types import Completion, ModelMessage, ProviderSettings, ToolRequest, ToolSpec
from supportai.core.models import JSONDict

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a model is asked: in which mode, with which messages, tools and schema."""

    mode: str
    messages: tuple[ModelMessage, ...]
    tools: tuple[ToolSpec, ...]
    schema: JSONDict | None = None


def complete(
    provider: ProviderSettings,
    messages: Sequence[ModelMessage],
    tools: Sequence[ToolSpec] = (),
    on_text: Callable[[str], None] | None = None,
) -> Completion:
    """Ask a model; `on_text` gets what it says piece by piece, never a call of a tool.

    The call must not stand inside a transaction: it takes as long as the provider's time-out allows. What `on_text`
    raises ends the call and comes out as it is.

    Raises:
        ModelError: there is no answer that can be used; text that was shown already does not count as one.
    """
    plan = plan_of(provider, messages, tuple(tools))
    collector = Collector(mode=plan.mode, on_text=on_text)
    try:
        started_at = _ask(provider, plan, collector)
        completion = _completion(provider, plan, collector, started_at)
    except ModelError as exc:
        log.warning("model.failed", provider=provider.name, kind=provider.kind, reason=exc.reason)
        note_failure(provider, exc.message)
        raise
    note_success(provider)
    return completion


def plan_of(provider: ProviderSettings, messages: Sequence[ModelMessage], tools: tuple[ToolSpec, ...]) -> Plan:
    """Choose the mode, and bring the messages into the one order that all kinds take: instructions first."""
    if not tools:
        return Plan(mode="plain", messages=_ordered(messages), tools=())
    if not provider.is_structured:
        return Plan(mode="tools", messages=_ordered(messages), tools=tools)
    schema = answer_schema(tools)
    form = ModelMessage(role="system", text=instructions(tools, schema))
    return Plan(mode="structured", messages=_ordered([*messages, form]), tools=tools, schema=schema)


def _ordered(messages: Sequence[ModelMessage]) -> tuple[ModelMessage, ...]:
    """Put all instructions into one first message, and leave out what says nothing: some APIs refuse both."""
    system = "\n\n".join(message.text for message in messages if message.role == "system" and message.text.strip())
    rest = tuple(message for message in messages if message.role != "system" and message.text.strip())
    return (ModelMessage(role="system", text=system), *rest) if system else rest


def _ask(provider: ProviderSettings, plan: Plan, collector: Collector) -> float:
    """Run the generator; tells when (monotonic) it began.

    Raises:
        ModelError: it did not come to an end.
    """
    from integrations.services.generators.clients import generator_for
    from integrations.services.generators.transport import exchange

    with exchange(provider.timeout_seconds) as wire:
        error = _run(provider, plan, collector, generator_for, wire)
    if collector.caller_error is not None:
        raise collector.caller_error
    # What breaks after the end (a library that chokes on the calls, a connection that closes late) changes nothing.
    if not collector.finish:
        raise failure_of(error, wire, has_chunks=collector.has_chunks)
    return wire.started_at


def _run(
    provider: ProviderSettings, plan: Plan, collector: Collector, generator_for: Any, wire: Any
) -> Exception | None:
    try:
        generator = generator_for(provider, json.dumps(plan.schema) if plan.schema else "")
        messages, tools = _haystack_messages(plan.messages), _haystack_tools(plan)
        # Importing the libraries at a process's first call takes seconds that the model should not lose.
        wire.restart(provider.timeout_seconds)
        generator.run(messages=messages, tools=tools, streaming_callback=collector)
    except Exception as exc:  # noqa: BLE001 - four client libraries, each with errors of its own and of its parts
        return exc
    return None


def _haystack_messages(messages: Sequence[ModelMessage]) -> list[Any]:
    from haystack.dataclasses import ChatMessage

    makers = {"system": ChatMessage.from_system, "user": ChatMessage.from_user, "assistant": ChatMessage.from_assistant}
    return [makers[message.role](message.text) for message in messages]


def _haystack_tools(plan: Plan) -> list[Any] | None:
    if plan.mode != "tools":
        return None
    from haystack.tools.tool import Tool

    return [
        Tool(name=tool.name, description=tool.description, parameters=tool_schema(tool), function=_never_called)
        for tool in plan.tools
    ]


def _never_called() -> None:
    """Stand where Haystack wants a function: calls are handed to our caller, who decides about them."""


def _completion(provider: ProviderSettings, plan: Plan, collector: Collector, started_at: float) -> Completion:
    """Judge what came.

    Raises:
        ModelError: it cannot be used.
    """
    if collector.finish == "length":
        raise ModelError("cut_off", f"The answer reached the limit of {provider.max_output_tokens} tokens; raise it.")
    if collector.finish == "content_filter":
        raise ModelError("refused", "The model or a filter of its provider refused to answer.")
    found = _found(plan, collector)
    requests = _requests(plan, collector, found)
    if not found.rest.strip() and not requests:
        raise ModelError("empty", "The model said nothing.")
    collector.show_rest(found.rest)
    return Completion(
        text=found.rest.strip(),
        tool_requests=requests,
        provider=provider.name,
        model=provider.model,
        input_tokens=collector.input_tokens,
        output_tokens=collector.output_tokens,
        cost_microdollars=cost_microdollars(provider, collector.input_tokens, collector.output_tokens),
        finish_reason="tool_calls" if requests else "stop",
        duration_ms=round((time.monotonic() - started_at) * 1000),
    )


def _found(plan: Plan, collector: Collector) -> Found:
    if plan.mode == "structured":
        return read_answer(collector.text, plan.tools)
    if plan.mode == "tools" and not collector.calls:
        return find_calls(collector.text, {tool.name for tool in plan.tools})
    return Found((), collector.text)


def _requests(plan: Plan, collector: Collector, found: Found) -> tuple[ToolRequest, ...]:
    calls = [(call.name, call.arguments) for call in collector.calls]
    return tuple(checked_request(name, arguments, plan.tools) for name, arguments in [*calls, *found.calls])


def cost_microdollars(provider: ProviderSettings, input_tokens: int, output_tokens: int) -> int:
    """Compute what an answer cost, rounded up; dollars per million tokens are microdollars per token."""
    return math.ceil(provider.input_price * input_tokens + provider.output_price * output_tokens)
