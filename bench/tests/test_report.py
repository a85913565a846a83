import json

import pytest

from bench.report import Table, quantile, show, write_json


@pytest.mark.parametrize(("share", "expected"), [(0.5, 5), (0.95, 10), (0.9, 9), (0.01, 1), (1.0, 10)])
def test_a_quantile_is_one_of_the_values(share, expected):
    assert quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == expected


def test_times_are_shown_in_milliseconds_with_the_ratio_of_their_medians():
    table = Table("Pages")
    table.times("plain", [0.002, 0.004, 0.006])
    line = table.times("inbox", [0.020, 0.040, 0.080], against="plain")
    assert line.figures == {"n": 3.0, "p50 ms": 40.0, "p95 ms": 80.0}
    assert line.ratio == 10


def test_the_ratio_is_of_processor_times_where_there_are_any():
    table = Table("Pages")
    table.times("plain", [0.002], cpu=[0.001])
    assert table.times("inbox", [0.5], cpu=[0.004], against="plain").ratio == 4


def test_a_rate_has_its_own_unit():
    table = Table("Queue")
    table.rate("bare", 200.0, unit="tasks per s")
    assert table.rate("product", 50.0, unit="tasks per s", against="bare").ratio == 0.25


def test_without_a_yardstick_there_is_no_ratio():
    table = Table("Pages")
    assert table.times("plain", [0.002]).ratio is None
    assert table.times("inbox", [0.2], against="nothing of that name").ratio is None


def test_nothing_is_divided_by_nought():
    table = Table("Queue")
    table.rate("bare", 0.0)
    assert table.rate("product", 5.0, against="bare").ratio is None


def test_columns_stand_below_each_other_and_missing_figures_are_blank(capsys):
    table = Table("Mixed")
    table.times("a long name of a page", [0.001234])
    table.rate("b", 123456.0, note="of something")
    show(table)
    head, first, second = capsys.readouterr().out.splitlines()[1:4]
    assert first.index("1.23") + 4 == head.index("p50 ms") + 6
    assert second.split() == ["b", "123,456", "of", "something"]


def test_the_title_says_how_busy_the_machine_was():
    table = Table("Pages")
    table.times("plain", [0.002])
    assert table.text().startswith("Pages (load ")


def test_figures_go_to_a_file_only_when_one_is_asked_for(tmp_path):
    table = Table("Pages")
    table.times("plain", [0.002], note="0 kB")
    write_json(None, "inbox", [table])
    write_json(tmp_path / "inbox.json", "inbox", [table])
    (written,) = tmp_path.iterdir()
    content = json.loads(written.read_text())
    assert content["bench"] == "inbox"
    assert content["tables"][0]["lines"][0]["figures"]["p50 ms"] == 2.0
