import pytest

from knowledge.passage_texts import title_text, whole_text


def test_title_and_headings_stand_before_the_text():
    assert title_text("Export", "CSV › Columns", "Open Reports.") == "Export › CSV › Columns"
    assert whole_text("Export", "CSV › Columns", "Open Reports.") == "Export › CSV › Columns\nOpen Reports."


def test_a_passage_without_title_stands_for_itself():
    assert title_text("", "", "Words " * 100) == ("Words " * 100)[:200]
    assert whole_text("", "", "Open Reports.") == "Open Reports."


@pytest.mark.parametrize("title", ["How to export", "How to export …", "how to  EXPORT"])
def test_a_text_that_begins_with_its_title_is_not_told_it_twice(title):
    assert whole_text(title, "", "How to export\nOpen Reports.") == "How to export\nOpen Reports."


def test_a_text_that_begins_with_a_part_of_its_title_is_told_it():
    assert whole_text("How to export", "", "How to import") == "How to export\nHow to import"
