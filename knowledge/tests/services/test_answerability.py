"""What describes passages as an answer: how far the best leads before the others, among them."""

import pytest

from knowledge.questions import read_question
from knowledge.services.answerability import MOST_MARGIN, MOST_SPREAD, features, probability
from knowledge.services.reading import read_passages
from knowledge.services.search import FoundPassage

BODY = "Open Reports and choose Export. A CSV file is made for you."


def passage(number, dense, body=BODY, article=None):
    return FoundPassage(
        passage_id=number,
        revision_id=number,
        article_id=article or number,
        slug=f"article-{number}",
        title="Export",
        heading="",
        body=body,
        start=0,
        end=len(body),
        score=dense,
        dense=dense,
        lexical=1.0,
        origin="learned",
    )


def described(*passages, question="how do I export data", quoted=("Open Reports and choose Export.",)):
    asked = read_question(question)
    read = read_passages(asked, passages)
    top = next((entry for entry in read if entry.passage is passages[0]), None)
    return features(question=asked, passages=passages, read=read, top=top, quoted=quoted)


def test_another_article_that_is_as_near_speaks_against_the_first():
    values = described(passage(1, 0.85), passage(2, 0.84, "Refunds take ten days."))
    assert values["dense_margin"] == pytest.approx(0.01)
    assert values["dense_spread"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    "other",
    [passage(2, 0.84, "More about exports.", article=1), passage(2, 0.84)],
    ids=["the same article", "the same text"],
)
def test_the_same_article_or_the_same_text_does_not(other):
    values = described(passage(1, 0.85), other, passage(3, 0.75, "Refunds take ten days."))
    assert values["dense_margin"] == pytest.approx(0.10)
    assert probability(values) > probability(described(passage(1, 0.85), passage(3, 0.84, "Refunds take ten days.")))


def test_without_others_the_lead_is_the_most_that_counts():
    values = described(passage(1, 0.85), passage(2, 0.85))
    assert (values["dense_margin"], values["dense_spread"]) == (MOST_MARGIN, MOST_SPREAD)


def test_a_name_that_no_passage_has_speaks_against_an_answer():
    values = described(passage(1, 0.85), question="how do I export data to Salesforce")
    assert (values["names_missing"], values["names_unseen"]) == (1.0, 1.0)
    named = described(passage(1, 0.85, BODY + " Salesforce reads it."), question="how do I export data to Salesforce")
    assert (named["names_missing"], named["names_unseen"]) == (0.0, 0.0)
    assert probability(named) > probability(values)


def test_a_price_that_was_asked_for_has_to_be_quoted():
    asked = {"question": "what does the export cost"}
    assert described(passage(1, 0.85), **asked)["figure_missing"] == 1.0
    assert described(passage(1, 0.85), **asked, quoted=["It costs $5."])["figure_missing"] == 0.0


def test_words_count_against_the_best_of_the_same_search_only():
    from dataclasses import replace

    small = [replace(passage(1, 0.85), lexical=2.0), replace(passage(2, 0.8, "Other."), lexical=4.0)]
    large = [replace(entry, lexical=entry.lexical * 10) for entry in small]
    assert described(*small)["lexical_share"] == described(*large)["lexical_share"] == 0.5


def test_nothing_to_quote_is_described_too():
    assert described(passage(1, 0.5, "---"), quoted=())["value_margin"] == MOST_MARGIN
