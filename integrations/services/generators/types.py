"""What goes to a language model and what comes back; no type of a client library is among it."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from supportai.core.models import JSONDict

Role = Literal["system", "user", "assistant"]
TOOL_NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """One language model: where it is, how to speak to it, what it costs.

    `input_price` and `output_price` are US dollars per million tokens. `is_structured`: the model is asked for one JSON
    object by a schema, because its calls of tools are unreliable. `timeout_seconds` is the deadline of a whole answer.
    `provider_id` is the row it comes from, None for the default of the settings.
    """

    name: str
    kind: str
    model: str
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    max_output_tokens: int = 1024
    is_structured: bool = False
    input_price: Decimal = Decimal(0)
    output_price: Decimal = Decimal(0)
    provider_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool that the model may call; the description is what the model reads.

    Raises:
        ValueError: the name would not be accepted by every kind of model.
    """

    name: str
    description: str
    params: type[BaseModel]

    def __post_init__(self) -> None:
        if not TOOL_NAME.match(self.name):
            raise ValueError(f"A tool's name has small letters, digits and underscores, 64 at most: {self.name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMessage:
    """One message of the conversation with the model."""

    role: Role
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRequest:
    """A call that the model asks for; the arguments passed the tool's parameter model."""

    name: str
    arguments: JSONDict = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One whole answer: a text, or calls of tools, or both; tokens are 0 where the service does not count them."""

    text: str = field(repr=False)
    tool_requests: tuple[ToolRequest, ...] = ()
    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_microdollars: int = 0
    finish_reason: str = "stop"
    duration_ms: int = 0
