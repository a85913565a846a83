"""Refusals and failures of integrations."""

from typing import Literal

from supportai.core.errors import DomainError

ModelFailure = Literal["timeout", "rate_limited", "unreachable", "refused", "malformed", "empty", "cut_off"]


class ActionRefusedError(DomainError):
    """An action was not called: `rule` names which rule stopped it."""

    code = "action_refused"
    status = 422

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message, rule=rule)
        self.rule = rule


class ConnectorError(Exception):
    """The other system did not do what was asked.

    `permanent`: asking again will not help. `is_unknown`: the call may have had its effect (a time-out after sending).
    """

    def __init__(
        self, message: str, *, permanent: bool = False, is_unknown: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.is_unknown = is_unknown
        self.retry_after = retry_after


class ApprovalNotPendingError(DomainError):
    """It was decided before, or ran out."""

    code = "approval_not_pending"
    status = 409


class ApprovedTwiceError(DomainError):
    """Two people are needed, and this person approved already."""

    code = "approved_twice"
    status = 409


class NotUndoableError(DomainError):
    """The action cannot be undone, or not any more."""

    code = "not_undoable"
    status = 409


class ModelError(DomainError):
    """A language model gave nothing that can be used; its message never holds prompt, key or answer.

    `reason`: timeout (not done by the deadline), rate_limited, unreachable (no connection, or the service is down),
    refused (wrong key, unknown model, a filter), malformed (no valid answer or call of a tool), empty, cut_off (ended in
    the middle, or at the limit of tokens). `retry_after`: seconds that the service asked to wait, if it did.
    """

    code = "model_failed"
    status = 502

    def __init__(self, reason: ModelFailure, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message, reason=reason, retry_after=retry_after)
        self.reason = reason
        self.retry_after = retry_after
