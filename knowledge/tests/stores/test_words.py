from knowledge.stores.words import MOST_TIMES, query_words


def test_a_word_said_once_is_searched_for_once():
    assert query_words("Where do I export an invoice?") == ["export", "invoice"]


def test_a_word_said_again_counts_more_but_not_as_often_as_it_is_said():
    assert query_words("export Export EXPORT csv") == ["export", "export", "csv"]
    assert query_words("export " * 500) == ["export"] * MOST_TIMES
