import pytest

from knowledge.stopwords import content_words, stem, stems


def test_stop_words_go_and_order_stays():
    assert content_words("How do I export the company’s data, please?") == ["export", "company", "data"]


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("exporting", "exported"),
        ("cancel", "cancelled"),
        ("invoice", "invoices"),
        ("invite", "inviting"),
        ("reply", "replies"),
    ],
)
def test_forms_of_a_word_share_a_stem(word, other):
    assert stem(word) == stem(other)


def test_short_words_are_left_alone():
    assert stem("sso") == "sso"
    assert stems("API keys") == {"api", "key"}
