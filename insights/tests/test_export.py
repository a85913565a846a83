"""The CSV file: every number with its unit, and nothing that a spreadsheet would run."""

import csv
import io

import pytest

from accounts.tests.factories import TeamFactory
from insights import words
from insights.export import HEAD, escaped, to_csv
from insights.selectors import summary
from insights.tests.factories import ago, ended, opened
from tickets.tests.factories import CsatFactory, HandoffFactory

pytestmark = pytest.mark.django_db


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_row_has_the_columns_of_the_head(week):
    ended(ago(days=1), "verified")
    lines = list(csv.reader(io.StringIO(to_csv(summary(week)))))
    assert tuple(lines[0]) == HEAD
    assert {len(line) for line in lines} == {len(HEAD)}


def test_the_numbers_are_those_of_the_page(week):
    ticket = ended(ago(days=1), "people")
    ended(ago(days=1), "verified")
    HandoffFactory(ticket=ticket, created_at=ago(days=1), reason="policy", state="closed")
    CsatFactory(ticket=ticket, about="person", score=5, created_at=ago(hours=1))
    found = {(row["figure"], row["of"]): row for row in rows(to_csv(summary(week)))}
    assert found["tickets", ""]["value"] == "2"
    assert found["ending", words.ENDINGS["verified"][0]]["value"] == "1"
    rate = found["automation rate", ""]
    assert (rate["value"], rate["unit"], rate["cases"], rate["low_95"]) == ("0.5", "share", "2", "0.0945")
    assert (
        found["handoffs", "For a person to decide"]["value"],
        found["handoffs", "For a person to decide"]["unit"],
    ) == ("1", "handoffs")
    assert found["happy customers", "People"]["value"] == "1.0"
    assert found["time to resolve median", "People"]["value"] == "3600"
    assert found["first reply median", "AI agent"]["value"] == ""
    assert found["tickets of a day", "2026-03-17"]["value"] == "2"


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_name_that_looks_like_a_formula_is_made_harmless(week, name):
    opened(ago(days=1), team=TeamFactory(name=name))
    text = to_csv(summary(week))
    assert f"'{name}" in [row["of"] for row in rows(text)]
    assert name not in [row["of"] for row in rows(text)]


def test_numbers_stay_numbers():
    assert (escaped(-3), escaped(None), escaped("plain")) == (-3, "", "plain")
