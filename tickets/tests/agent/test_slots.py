"""Typed values found in customers' words."""

import pytest

from tickets.agent.slots import amounts, find_slots, ordinal


@pytest.mark.parametrize(
    ("text", "amount_cents", "currency"),
    [
        ("$49", 4900, "usd"),
        ("49.50 usd", 4950, "usd"),
        ("1,290.00 €", 129000, "eur"),
        ("€129", 12900, "eur"),
        ("20 bucks", 2000, "usd"),
        ("5400 jpy", 5400, "jpy"),
        ("¥5,400", 5400, "jpy"),
    ],
)
def test_an_amount_is_given_in_the_smallest_unit(text, amount_cents, currency):
    assert amounts(f"please refund {text} now") == [{"amount_cents": amount_cents, "currency": currency}]


def test_a_bare_number_is_no_amount():
    assert amounts("I have 3 seats since 2021") == []


def test_ids_numbers_and_addresses_are_collected_once_in_order():
    slots = find_slots(["ch_2 and ch_1 for ana_b@x.example", "ch_2 again, order FW-2041, invoice 2026-1187"])
    assert slots["ids"] == ["ch_2", "ch_1"]
    assert slots["numbers"] == ["FW-2041", "2026-1187"]
    assert slots["emails"] == ["ana_b@x.example"]
    assert slots["amount_cents"] == 0


def test_the_last_amount_counts():
    assert find_slots(["refund $10", "sorry, $12"])["amount_cents"] == 1200


@pytest.mark.parametrize(("text", "place"), [("the second one", 1), ("latest", -1), ("1st", 0), ("that", None)])
def test_position_words(text, place):
    assert ordinal(text) == place


def test_a_figure_beyond_reason_is_no_amount_and_breaks_nothing():
    assert amounts("refund $" + "1" * 400) == []
    assert amounts("1" * 400 + " usd") == []


def test_of_a_long_message_the_first_part_is_read():
    slots = find_slots(["ch_1 " + "word " * 1000 + "ch_2", "ch_3"])
    assert slots["ids"] == ["ch_1", "ch_3"]
