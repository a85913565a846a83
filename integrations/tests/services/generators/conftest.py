"""A scripted server, and a provider of each kind that asks it over real HTTP."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from integrations.services.generators import ModelMessage, ProviderSettings, ToolSpec
from supportai.tests.model_server import ModelReply, ModelRequest, ModelServer

KINDS = ("openai", "openai_compatible", "anthropic", "google", "ollama")
KEY = "sk-secret-of-the-provider-0123456789"
SAID = "I give back 49 euros, as you asked."
PROMPT = "Please refund charge ch_1, my secret word is heliotrope."


class Refund(BaseModel):
    """What the tool of these tests takes."""

    charge_id: str = Field(pattern=r"^ch_\w+$")
    amount_cents: int = Field(gt=0)
    reason: Literal["duplicate", "other"] | None = None


class Note(BaseModel):
    text: str


class Nothing(BaseModel):
    pass


REFUND = ToolSpec(name="refund_charge", description="Give back a paid charge.", params=Refund)
NOTE = ToolSpec(name="add_note", description="Write a note.", params=Note)
LIST = ToolSpec(name="list_charges", description="List what was paid.", params=Nothing)
TOOLS = (REFUND, NOTE, LIST)
ARGUMENTS = {"charge_id": "ch_1", "amount_cents": 4900}
QUESTION = (
    ModelMessage(role="system", text="You are kind."),
    ModelMessage(role="user", text="Hello"),
    ModelMessage(role="assistant", text="How can I help?"),
    ModelMessage(role="user", text=PROMPT),
)


def refunder(request: ModelRequest) -> ModelReply:
    """Call the tool when there is one, and say something too."""
    return ModelReply(SAID, [("refund_charge", ARGUMENTS)] if request.tools else [])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with ModelServer(refunder, delay_seconds=30, pause_seconds=0.02) as running:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", running.url)
        # OpenAI itself has one address; its library reads another from here.
        monkeypatch.setenv("OPENAI_BASE_URL", running.openai_url)
        yield running


Maker = Callable[..., ProviderSettings]


@pytest.fixture
def provider(server: ModelServer) -> Maker:
    def make(kind: str, **changes: Any) -> ProviderSettings:
        addresses = {"openai_compatible": server.openai_url, "ollama": server.url}
        values = {
            "name": f"test {kind}",
            "kind": kind,
            "model": "scripted-1",
            "base_url": addresses.get(kind, ""),
            "api_key": KEY,
            "timeout_seconds": 10.0,
        }
        return ProviderSettings(**{**values, **changes})

    return make
