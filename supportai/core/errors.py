"""Refusals: what a use case raises when it will not do what was asked."""

from typing import ClassVar


class DomainError(Exception):
    """A refusal that a person can read; pages show it as a toast, the API as problem+json.

    `code` is stable and machine-readable, `status` the HTTP status, `extra` plain values for the client.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400

    def __init__(self, message: str, **extra: str | float | bool | None) -> None:
        super().__init__(message)
        self.message = message
        self.extra = extra


class NotFoundError(DomainError):
    """The object does not exist, or the asker may not know that it does."""

    code = "not_found"
    status = 404


class NotAllowedError(DomainError):
    """The asker is known and may not do this."""

    code = "not_allowed"
    status = 403


class InvalidInputError(DomainError):
    """The input cannot be used; the message says what to change."""

    code = "invalid_input"
    status = 422


class TooManyRequestsError(DomainError):
    """A rate limit was reached; `extra["retry_after"]` gives whole seconds."""

    code = "too_many_requests"
    status = 429
