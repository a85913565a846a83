"""Language models behind one function: `complete()` asks one provider and gives a whole answer or a `ModelError`."""

from integrations.errors import ModelError, ModelFailure
from integrations.services.generators.completions import complete
from integrations.services.generators.providers import active_providers
from integrations.services.generators.types import (
    Completion,
    ModelMessage,
    ProviderSettings,
    ToolRequest,
    ToolSpec,
)

__all__ = [
    "Completion",
    "ModelError",
    "ModelFailure",
    "ModelMessage",
    "ProviderSettings",
    "ToolRequest",
    "ToolSpec",
    "active_providers",
    "complete",
]
