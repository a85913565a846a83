"""Numbers, durations and periods as people read them."""

from datetime import date

import pytest

from insights import words
from insights.periods import between, last_days


def plain(text: str) -> str:
    """Write the spaces that keep a number and its unit together as common ones."""
    return text.replace(words.GAP, " ")


def test_a_number_and_its_unit_stay_on_one_line():
    assert words.duration(11400) == f"3{words.GAP}h 10{words.GAP}min"
    assert words.percent(0.5) == f"50{words.GAP}%"


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "–"), (0, "0 %"), (0.036, "3.6 %"), (0.0994, "9.9 %"), (0.0996, "10 %"), (0.876, "88 %"), (1, "100 %")],
)
def test_small_shares_keep_a_decimal(share, text):
    assert plain(words.percent(share)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (-4, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (95, "1 min 35 s"), (1000, "16 min"),
        (3600, "1 h"), (11400, "3 h 10 min"), (86399, "23 h 59 min"), (86400, "1 d"), (93600, "1 d 2 h"),
    ],
)  # fmt: skip
def test_durations_have_at_most_two_units(seconds, text):
    assert plain(words.duration(seconds)) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (0, 0, "–"),
        (5, 5, "same"),
        (5, 0, "+5"),
        (3, 8, "−5"),
        (19, 18, "+1"),
        (30, 20, "+50 %"),
        (10, 40, "−75 %"),
        (1000, 1001, "0 %"),
    ],
)
def test_changes_of_few_are_numbers_and_of_many_percentages(now, before, text):
    assert plain(words.change(now, before)) == text


def test_shares_change_by_points():
    assert plain(words.points(0.55, 0.666)) == "−11.6 points"
    assert plain(words.points(0.5, 0.5)) == "±0 points"
    assert words.points(0.5, None) == ""


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 3, 2), date(2026, 3, 2), "2 March 2026"),
        (date(2026, 3, 2), date(2026, 3, 8), "2 to 8 March 2026"),
        (date(2026, 2, 26), date(2026, 3, 4), "26 February to 4 March 2026"),
        (date(2025, 12, 29), date(2026, 1, 4), "29 December 2025 to 4 January 2026"),
    ],
)
def test_days_are_written_without_repeating(first, last, text):
    assert words.days(first, last) == text


def test_an_unfinished_period_says_until_when():
    assert words.period(last_days(7)) == "12 to 18 March 2026, today until 12:00"
    assert words.period(between(date(2026, 3, 1), date(2026, 3, 7))) == "1 to 7 March 2026"
