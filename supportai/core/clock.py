"""The only place that reads wall time, so that simulations and tests can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """Tell the time, aware and in UTC, moved by what `advance` added."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """Tell the date in UTC."""
    return now().date()


def advance(delta: timedelta) -> None:
    """Move this process's clock forward for good; only simulations do."""
    global _offset  # noqa: PLW0603 - the offset belongs to the process, as time does
    _offset += delta


@contextmanager
def moved(delta: timedelta) -> Iterator[None]:
    """Move the clock inside a `with` block; for tests."""
    global _offset  # noqa: PLW0603 - see advance()
    before = _offset
    _offset = before + delta
    try:
        yield
    finally:
        _offset = before
