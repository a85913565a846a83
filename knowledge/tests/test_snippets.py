from knowledge.snippets import Piece, snippet


def text_of(pieces):
    return "".join(piece.text for piece in pieces)


def test_the_sentence_with_the_words_is_shown_with_them_marked():
    pieces = snippet("export invoices", "Something else. You can export all invoices here. More.")
    assert text_of(pieces).startswith("You can export all invoices here.")
    assert [piece.text for piece in pieces if piece.is_hit] == ["export", "invoices"]


def test_other_forms_of_a_word_are_marked_too():
    assert Piece("exported", is_hit=True) in snippet("exporting", "It is exported.")


def test_a_long_sentence_is_cut_at_a_word():
    pieces = snippet("x", "word " * 100)
    assert len(text_of(pieces)) <= 182
    assert text_of(pieces).endswith("word …")


def test_markdown_s_marks_are_not_shown():
    assert text_of(snippet("save", "1. Choose **Save**.\n")) == "Choose Save."
