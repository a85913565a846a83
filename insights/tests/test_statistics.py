"""Percentiles and intervals, against values worked out by hand or published."""

import random

import pytest

from insights.statistics import Share, spread_of


def test_percentiles_are_values_that_occurred():
    spread = spread_of([(10, 1), (20, 1), (30, 1), (40, 1)])
    assert (spread.count, spread.median_seconds, spread.p90_seconds) == (4, 20, 40)


def test_repeated_values_weigh_as_often_as_they_occur():
    spread = spread_of([(500, 1), (3, 8), (60, 1)])
    assert (spread.median_seconds, spread.p90_seconds) == (3, 60)


def test_one_value_is_both():
    assert (spread_of([(7, 1)]).median_seconds, spread_of([(7, 1)]).p90_seconds) == (7, 7)


def test_nothing_has_no_percentile():
    assert spread_of([]).median_seconds is None


def test_counted_pairs_give_what_a_sorted_list_gives():
    dice = random.Random(4)
    for _ in range(50):
        values = [dice.randrange(20) for _ in range(dice.randrange(1, 60))]
        spread = spread_of([(value, values.count(value)) for value in set(values)])
        ordered = sorted(values)
        assert spread.median_seconds == ordered[(len(values) + 1) // 2 - 1]
        assert spread.p90_seconds == ordered[-(-len(values) * 9 // 10) - 1]


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_match_published_ones(count, total, low, high):
    found = Share(count=count, total=total).interval
    assert found == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nothing_is_unknown():
    assert (Share(count=0, total=0).value, Share(count=0, total=0).interval) == (None, None)


def test_an_interval_stays_between_none_and_all():
    for count, side, bound in ((3, 1, 1.0), (0, 0, 0.0)):
        interval = Share(count=count, total=3).interval
        assert interval is not None
        assert interval[side] == bound
