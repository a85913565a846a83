from knowledge.diffs import Fold, Piece, compare_texts, compare_words


def as_before(pieces):
    return "".join(piece.text for piece in pieces if piece.kind != "added")


def as_after(pieces):
    return "".join(piece.text for piece in pieces if piece.kind != "removed")


def test_a_changed_word_is_the_only_change():
    assert compare_words("It takes five days.", "It takes ten days.") == [
        Piece("same", "It takes "),
        Piece("removed", "five"),
        Piece("added", "ten"),
        Piece("same", " days."),
    ]


def test_both_texts_can_be_read_from_the_pieces():
    before, after = "One.\n\nTwo and three.\nFour.\n", "One!\n\nTwo.\nFour and five.\nSix.\n"
    pieces = compare_texts(before, after)
    assert as_before(pieces) == before
    assert as_after(pieces) == after


def test_long_unchanged_runs_are_folded_and_their_edges_stay():
    lines = [f"Line {number}.\n" for number in range(30)]
    pieces = compare_texts("".join(lines), "".join([*lines[:-1], "The end.\n"]))
    assert pieces[0] == Fold(26)
    assert as_after(pieces[1:]).startswith("Line 26.\n")


def test_equal_texts_have_no_change():
    assert compare_texts("Same.\n", "Same.\n") == [Piece("same", "Same.\n")]
    assert compare_texts("", "") == []


def test_two_long_texts_without_a_common_word_are_shown_whole():
    old, new = "a " * 3000, "b " * 3000
    assert compare_words(old, new) == [Piece("removed", old), Piece("added", new)]
