"""Amounts, times and names of other systems as people read them."""

import pytest

from tickets.plain_words import facts_of, plainly


@pytest.mark.parametrize(
    ("name", "value", "currency", "shown"),
    [
        ("amount_cents", 4900, "eur", ("amount", "€49.00")),
        ("amount_cents", 4900, "", ("amount", "$49.00")),
        ("refunded_cents", True, "usd", ("refunded cents", "True")),
        ("created", "2020-11-03T10:00:00+00:00", "", ("created", "3 November 2020")),
        ("renews", "2020-11-03", "", ("renews", "3 November 2020")),
        ("number", "20201103", "", ("number", "20201103")),
        ("code", "abcd-ef-x", "", ("code", "abcd-ef-x")),
    ],
)
def test_a_value_is_written_plainly(name, value, currency, shown):
    assert plainly(name, value, currency=currency) == shown


def test_a_row_leaves_out_its_id_empty_values_and_the_currency_of_its_amounts():
    row = {"id": "ch_1", "amount_cents": 500, "currency": "gbp", "note": "", "lines": [1], "status": "paid"}
    assert facts_of(row) == ["amount £5.00", "status paid"]
    assert facts_of({"id": "x", "currency": "gbp"}) == ["currency gbp"]
