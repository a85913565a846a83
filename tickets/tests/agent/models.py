"""A model that says what a test tells it, in place of `complete()`; it notes what it was asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.errors import ModelError
from integrations.services.generators.types import Completion, ModelMessage, ProviderSettings, ToolRequest, ToolSpec


def provider(name: str = "Alpha", *, row: int | None = 1, **changes: Any) -> ProviderSettings:
    """Give a provider that waits ten seconds."""
    values: dict[str, Any] = {"kind": "openai", "model": "m-1", "timeout_seconds": 10.0, "provider_id": row}
    return ProviderSettings(name=name, **(values | changes))


def says(text: str = "", *calls: tuple[str, dict[str, Any]], **changes: Any) -> Completion:
    """Give a completion with this text and these calls, of 100 + 20 tokens."""
    requests = tuple(ToolRequest(name=name, arguments=arguments) for name, arguments in calls)
    values: dict[str, Any] = {"input_tokens": 100, "output_tokens": 20, "cost_microdollars": 50, "duration_ms": 700}
    return Completion(text=text, tool_requests=requests, provider="Alpha", model="m-1", **(values | changes))


def chooses(name: str, **arguments: Any) -> Completion:
    """Give a completion that calls one tool."""
    return says("", (name, arguments))


@dataclass
class Broken:
    """Text that is streamed before the connection breaks."""

    text: str
    error: ModelError


@dataclass
class FakeModel:
    """Answers in order; `asked` holds the provider's name, prompt, material and tool names of each question."""

    answers: list[Completion | Exception | Broken] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    piece: int = 5

    def complete(
        self,
        settings: ProviderSettings,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec] = (),
        on_text: Callable[[str], None] | None = None,
    ) -> Completion:
        """Stand in for `complete()`."""
        self.asked.append({
            "provider": settings.name, "timeout": settings.timeout_seconds, "system": messages[0].text,
            "material": messages[-1].text, "tools": {tool.name: tool.description for tool in tools},
        })  # fmt: skip
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if on_text is not None:
            for start in range(0, len(answer.text), self.piece):
                on_text(answer.text[start : start + self.piece])
        if isinstance(answer, Broken):
            raise answer.error
        return answer
