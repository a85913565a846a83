"""Periods: whole local days, cut off at now, and the one before up to the same time of day."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from insights.periods import MAX_DAYS, between, last_days, read_day
from insights.tests.factories import NOW
from supportai.core import clock
from supportai.core.errors import InvalidInputError

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_last_days_include_today_up_to_now():
    period = last_days(7)
    assert (period.first, period.last, period.end) == (date(2026, 3, 12), date(2026, 3, 18), NOW)
    assert (period.length, len(period.days), period.is_cut) == (7, 7, True)


def test_the_period_before_ends_at_the_same_time_of_day():
    before = last_days(7).before
    assert (before.first, before.last) == (date(2026, 3, 5), date(2026, 3, 11))
    assert before.end == datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


def test_a_period_that_is_over_is_compared_with_whole_days():
    period = between(date(2026, 2, 1), date(2026, 2, 28))
    assert not period.is_cut
    assert (period.before.first, period.before.end) == (date(2026, 1, 4), period.start)
    assert period.before.last == date(2026, 1, 31)


def test_a_single_day_is_compared_with_the_day_before():
    before = between(date(2026, 3, 2), date(2026, 3, 2)).before
    assert (before.first, before.last) == (date(2026, 3, 1), date(2026, 3, 1))


def test_days_begin_at_midnight_of_the_zone():
    with timezone.override(BERLIN):
        period = last_days(1)
    assert period.start == datetime(2026, 3, 17, 23, 0, tzinfo=UTC)


def test_shortly_before_midnight_utc_it_is_tomorrow_in_berlin(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 17, 23, 30, tzinfo=UTC))
    with timezone.override(BERLIN):
        assert last_days(1).first == date(2026, 3, 18)
    assert last_days(1).first == date(2026, 3, 17)


def test_a_change_to_summer_time_keeps_the_time_of_day(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 4, 1, 8, 0, tzinfo=UTC))
    with timezone.override(BERLIN):
        before = last_days(7).before
    assert before.end == datetime(2026, 3, 25, 9, 0, tzinfo=UTC)
    assert before.end.astimezone(BERLIN).hour == 10


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "ends before it begins"),
        (date(2025, 1, 1), date(2026, 3, 1), f"at most {MAX_DAYS} days"),
        (date(1999, 12, 31), date(2000, 1, 2), "2000 or later"),
        (date(2026, 3, 18), date(2026, 3, 19), "ends in the future"),
    ],
)
def test_impossible_periods_are_refused_with_what_to_change(first, last, words):
    with pytest.raises(InvalidInputError, match=words):
        between(first, last)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "2026-13-01", "١٢٣"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(InvalidInputError, match="2026-03-31"):
        read_day(text)
