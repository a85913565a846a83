"""Facts that only tests announce; the outbox loads events from modules of this name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SomethingHappened:
    """It happened."""

    number: int
    note: str = ""
