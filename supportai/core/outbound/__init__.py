"""Requests to addresses that people enter or pages name, kept away from our own network.

`OutboundClient` is the one way there. Addresses of an operator's own (a model's endpoint, Elasticsearch, Redis) do not come
through here: a local one is normal for them.
"""

from supportai.core.outbound.client import Fetched, OutboundClient
from supportai.core.outbound.errors import (
    AddressRefusedError,
    AddressUnreachableError,
    AnswerRefusedError,
    OtherContentError,
    OutboundError,
    TooLargeError,
)
from supportai.core.outbound.guard import AddressGuard, check_address, guard_from_settings

__all__ = [
    "AddressGuard",
    "AddressRefusedError",
    "AddressUnreachableError",
    "AnswerRefusedError",
    "Fetched",
    "OtherContentError",
    "OutboundClient",
    "OutboundError",
    "TooLargeError",
    "check_address",
    "guard_from_settings",
]
