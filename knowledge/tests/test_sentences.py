import pytest

from knowledge.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Use Slack, e.g. the app. It works.", ["Use Slack, e.g. the app.", "It works."]),
        ("Dr. Ruiz pays $4.50 today. Done.", ["Dr. Ruiz pays $4.50 today.", "Done."]),
        ("See fig. 3 on the page. Select No. Then save.", ["See fig. 3 on the page.", "Select No.", "Then save."]),
        ("it is gone. where is it?", ["it is gone.", "where is it?"]),
        ("Version 2.3.1 is out. Get it.", ["Version 2.3.1 is out.", "Get it."]),
        (
            "A line\nbreak ends nothing. A blank line does\n\nOf course",
            ["A line\nbreak ends nothing.", "A blank line does", "Of course"],
        ),
        ("He said “stop.” Then he went.", ["He said “stop.”", "Then he went."]),
        ("設定を開く。保存する。", ["設定を開く。保存する。"]),
        ("", []),
        ("   \n ", []),
        ("No end", ["No end"]),
    ],
)
def test_sentences_end_where_a_reader_stops(text, sentences):
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


def test_spans_are_moved_by_the_offset():
    assert split_sentences(" One. Two.", 100) == [(101, 105), (106, 110)]
