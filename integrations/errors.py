"""Refusals and failures of integrations."""

from supportai.core.errors import DomainError


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
