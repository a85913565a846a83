"""Ask a configured model for a sign of life, as the AI agent would ask it: with a tool."""

from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from integrations.errors import ModelError
from integrations.models import ModelProvider
from integrations.services.generators import ModelMessage, ToolSpec, complete
from integrations.services.generators.providers import settings_of

# Somebody waits for the page.
LONGEST_SECONDS = 30.0
WORD = "ready"
QUESTION = (
    ModelMessage(role="system", text="You check a connection. Call the tool report_ready with the word ready."),
    ModelMessage(role="user", text="Are you ready?"),
)


class ReportReady(BaseModel):
    """The argument of the tool that the check offers."""

    word: str = Field(description="The word that you were told.", max_length=40)


TOOL = ToolSpec(name="report_ready", description="Report that you are ready.", params=ReportReady)


@dataclass(frozen=True, slots=True)
class ProviderCheck:
    """What a check found, in words for the page; `can_call_tools` is what the AI agent needs most."""

    is_ok: bool
    can_call_tools: bool
    text: str


def check_provider(*, provider_id: int) -> ProviderCheck:
    """Ask the model one short question, and tell what came of it; the row remembers it too."""
    row = ModelProvider.objects.get(pk=provider_id)
    provider = settings_of(row)
    provider = replace(provider, timeout_seconds=min(provider.timeout_seconds, LONGEST_SECONDS))
    try:
        completion = complete(provider, QUESTION, [TOOL])
    except ModelError as exc:
        return ProviderCheck(False, False, f"{row.name} cannot be used: {exc.message}")
    spent = f"{completion.duration_ms / 1000:.1f} s, {completion.input_tokens} tokens read and {completion.output_tokens} written"
    if completion.tool_requests:
        return ProviderCheck(True, True, f"{row.name} ({row.model}) answers and calls tools: {spent}.")
    advice = "ask another model" if row.is_structured else "switch structured answers on"
    return ProviderCheck(
        True, False, f"{row.name} ({row.model}) answers, but called no tool: {spent}. If that stays so, {advice}."
    )
