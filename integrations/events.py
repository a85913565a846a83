"""Facts that integrations announce."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFinished:
    """An execution reached an end, or was denied; `caller` is the text that the caller gave."""

    execution_id: int
    caller: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequested:
    """An execution waits for people."""

    approval_id: int
    execution_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDecided:
    """An approval was given, denied or ran out."""

    approval_id: int
    execution_id: int
    state: str
