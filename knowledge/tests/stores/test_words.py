import time

import pytest

from knowledge.stores.words import (
    LEAST_WEIGHT,
    MOST_TIMES,
    REMEMBERED_SECONDS,
    WordCounts,
    inverse_frequency,
    query_words,
    spaced,
    telling,
)


def test_a_word_said_once_is_searched_for_once():
    assert query_words("Where do I export an invoice?") == ["export", "invoice"]


def test_a_word_said_again_counts_more_but_not_as_often_as_it_is_said():
    assert query_words("export Export EXPORT csv") == ["export", "export", "csv"]
    assert query_words("export " * 500) == ["export"] * MOST_TIMES


def test_words_are_separated_as_fts5_does():
    assert spaced("refund_never_processed v2.5 – Café, don't") == "refund never processed v2 5   Cafe  don't"


def test_common_words_are_left_out_among_many_passages_only():
    counts = {"account": 900, "partner": 40}
    assert telling(["account", "partner"], counts, 1500) == ["partner"]
    assert telling(["account", "partner"], counts, 950) == ["account", "partner"]
    assert telling(["account"], counts, 1500) == ["account"]
    assert telling([], {}, 5000) == []


def test_a_word_in_half_of_all_passages_is_worth_nothing_but_above_nothing():
    assert inverse_frequency(1, 1000) == pytest.approx(6.5, abs=0.1)
    assert inverse_frequency(500, 1000) == inverse_frequency(1000, 1000) == LEAST_WEIGHT


class TestCounts:
    @pytest.fixture
    def asked(self):
        return []

    @pytest.fixture
    def counts(self, asked):
        def count(words):
            asked.append(words)
            return dict.fromkeys(words, len(asked)), 10 * len(asked)

        return WordCounts(count)

    def test_words_are_asked_for_once(self, counts, asked):
        assert counts.of(["a", "b", "a"]) == ({"a": 1, "b": 1}, 10)
        assert counts.of(["b", "c"]) == ({"b": 1, "c": 2}, 20)
        assert asked == [["a", "b"], ["c"]]

    def test_they_are_forgotten_after_a_minute_and_after_a_write(self, counts, monkeypatch):
        counts.of(["a"])
        counts.forget()
        assert counts.of(["a"]) == ({"a": 2}, 20)
        now = time.monotonic()
        monkeypatch.setattr("time.monotonic", lambda: now + REMEMBERED_SECONDS + 1)
        assert counts.of(["a"]) == ({"a": 3}, 30)
