"""Periods of whole local days, and the one before to compare with."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from django.utils import timezone

from supportai.core import clock
from supportai.core.errors import InvalidInputError

PRESETS = (7, 30, 90)
MAX_DAYS = 366
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days in a zone, both included, cut off at `end` (exclusive) when the last of them is not over."""

    first: date
    last: date
    zone: tzinfo
    end: datetime

    @property
    def start(self) -> datetime:
        """Give the first instant."""
        return midnight(self.first, self.zone)

    @property
    def length(self) -> int:
        """Count the days."""
        return (self.last - self.first).days + 1

    @property
    def days(self) -> tuple[date, ...]:
        """Give every day."""
        return tuple(self.first + timedelta(days=number) for number in range(self.length))

    @property
    def is_cut(self) -> bool:
        """Tell whether the last day is not over."""
        return self.end < midnight(self.last + timedelta(days=1), self.zone)

    @property
    def before(self) -> "Period":
        """Give the period of the same length before it, cut off at the same time of its last day."""
        shift = timedelta(days=self.length)
        last = self.last - shift
        end = midnight(self.first, self.zone)
        if self.is_cut:
            # On the wall clock, so that a change to summer time in between does not shift the comparison.
            local = self.end.astimezone(self.zone).replace(tzinfo=None) - shift
            end = min(end, local.replace(tzinfo=self.zone))
        return Period(first=self.first - shift, last=last, zone=self.zone, end=end)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Give the instant at which a local day begins."""
    return datetime.combine(day, time(), tzinfo=zone)


def last_days(count: int) -> Period:
    """Give the last days up to now, today included."""
    today = local_today()
    return between(today - timedelta(days=count - 1), today)


def between(first: date, last: date) -> Period:
    """Make a period of two days.

    Raises:
        InvalidInputError: they are in the wrong order, too far apart, before 2000 or in the future.
    """
    if last < first:
        raise InvalidInputError("The period ends before it begins.")
    if (last - first).days >= MAX_DAYS:
        raise InvalidInputError(f"A period has at most {MAX_DAYS} days.")
    if first < EARLIEST:
        raise InvalidInputError("A period begins in 2000 or later.")
    if last > local_today():
        raise InvalidInputError("The period ends in the future; it can end today.")
    zone = timezone.get_current_timezone()
    end = min(midnight(last + timedelta(days=1), zone), clock.now())
    return Period(first=first, last=last, zone=zone, end=end)


def local_today() -> date:
    """Tell the date where the days of the figures begin: in the zone of the settings."""
    return clock.now().astimezone(timezone.get_current_timezone()).date()


def read_day(text: str) -> date:
    """Read a date.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise InvalidInputError("Write a date as 2026-03-31.") from exc
