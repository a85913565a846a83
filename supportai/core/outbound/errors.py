"""Refusals of outbound requests, worded for the person who entered the address."""

from supportai.core.errors import DomainError


class OutboundError(DomainError):
    """An address could not be read; the message says why."""

    code = "outbound"
    status = 422


class AddressRefusedError(OutboundError):
    """The address is not one that we go to; nothing was sent."""

    code = "address_refused"


class AddressUnreachableError(OutboundError):
    """The other side does not answer; trying again later may work."""

    code = "address_unreachable"
    status = 502


class AnswerRefusedError(OutboundError):
    """The other side answered what we do not take: too large, of another kind, or sending us in circles."""

    code = "answer_refused"


class TooLargeError(AnswerRefusedError):
    """The answer is larger than what was asked for may be."""

    code = "answer_too_large"

    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"It is larger than {max_bytes / 1_000_000:g} MB.", max_bytes=max_bytes)


class OtherContentError(AnswerRefusedError):
    """The answer is of a kind that was not asked for; `extra["media_type"]` names it."""

    code = "other_content"
