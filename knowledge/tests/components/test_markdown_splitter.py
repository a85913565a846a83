import pytest
from haystack import Document

from knowledge.components.markdown_splitter import MarkdownSplitter

TEXT = """Intro that stands before every heading and is long enough to be a passage of its own.

# Billing

## Refunds

You may ask for a refund within fourteen days of the payment, and we answer on the same day.

1. Open **Billing**.
2. Choose the charge.

## Invoices

Invoices are sent by mail on the first day of each month, to the address of the account owner.
"""


def split(text, **settings):
    return MarkdownSplitter(**settings).run([Document(id="d", content=text, meta={"title": "T"})])["documents"]


def test_passages_stand_in_the_text_with_the_path_of_their_headings():
    pieces = split(TEXT)
    assert [piece.meta["heading"] for piece in pieces] == ["", "Billing › Refunds", "Billing › Invoices"]
    for piece in pieces:
        assert piece.content == TEXT[piece.meta["start"] : piece.meta["end"]]
        assert piece.meta["title"] == "T"
    assert [piece.meta["position"] for piece in pieces] == [0, 1, 2]


def test_headings_are_not_glued_to_the_text():
    assert not any(piece.content.startswith("#") for piece in split(TEXT))


def test_a_short_section_joins_the_one_before_it():
    pieces = split("## One\n\nA sentence that is long enough to stand alone, so to say, here.\n\n## Two\n\nTiny.\n")
    assert len(pieces) == 1
    assert pieces[0].content.endswith("Tiny.")


def test_a_long_section_is_cut_between_blocks_and_a_list_stays_whole():
    steps = "\n".join(f"{number}. Choose option number {number} of them all." for number in range(1, 31))
    text = "Words. " * 150 + "\n\nFollow these steps:\n\n" + steps
    pieces = split(text, max_chars=1100)
    assert pieces[-1].content.endswith(steps)
    assert pieces[-1].content.startswith("Follow these steps:")


def test_a_table_stays_whole():
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| {n} | {n} |" for n in range(100))
    assert table in [piece.content for piece in split("Words. " * 60 + "\n\n" + table, max_chars=400)]


def test_a_text_without_end_is_cut_between_words():
    pieces = split("word " * 2000, max_chars=1000)
    assert len(pieces) == 10
    assert all(len(piece.content) <= 1000 for piece in pieces)
    assert all(piece.content.startswith("word") for piece in pieces)


def test_a_text_without_blanks_is_cut_too():
    assert max(len(piece.content) for piece in split("x" * 5000, max_chars=1000)) <= 1000


def test_the_same_text_gives_the_same_ids():
    assert [piece.id for piece in split(TEXT)] == [piece.id for piece in split(TEXT)]
    assert {piece.id for piece in split(TEXT)}.isdisjoint(
        {piece.id for piece in split(TEXT.replace("ask", "beg"))[1:2]}
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a heading\n", "## A\n\n## B\n"])
def test_a_text_without_words_gives_nothing(text):
    assert split(text) == []


def test_nothing_is_lost():
    words = [word for piece in split(TEXT) for word in piece.content.split()]
    assert words == [word for line in TEXT.splitlines() if not line.startswith("#") for word in line.split()]
