"""Refusals of tickets."""

from supportai.core.errors import DomainError


class TicketAlreadyResolvedError(DomainError):
    """It was closed before; nothing was changed."""

    code = "ticket_already_resolved"
    status = 409


class LeaseLostError(Exception):
    """The run was cancelled or another worker has it; whoever notices stops at once and writes nothing more."""


class TicketNotResolvedError(DomainError):
    """Only a resolved ticket can be rated or reopened."""

    code = "ticket_not_resolved"
    status = 409


class EmptyMessageError(DomainError):
    """A message needs text or a file."""

    code = "empty_message"
    status = 422


class MessageTooLongError(DomainError):
    """The text is longer than a message may be."""

    code = "message_too_long"
    status = 422
