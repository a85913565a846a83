"""Run a pipeline so that callers see our refusals, not Haystack's wrapping of them."""

from typing import Any

from haystack import Pipeline
from haystack.core.errors import PipelineRuntimeError

from supportai.core.errors import DomainError


def run(pipeline: Pipeline, inputs: dict[str, Any], include: set[str] | None = None) -> dict[str, Any]:
    """Run it; `include` names components whose outputs are wanted too.

    Raises:
        DomainError: a component raised it, such as `SearchUnavailableError`.
    """
    try:
        outputs: dict[str, Any] = pipeline.run(inputs, include_outputs_from=include)
    except PipelineRuntimeError as exc:
        if isinstance(exc.__cause__, DomainError):
            raise exc.__cause__ from None
        raise
    return outputs
