"""What describes passages as an answer: how far the best leads before the others, among them."""

import pytest

from knowledge.services.answerability import MOST_MARGIN, MOST_SPREAD, features, probability
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


def described(*passages):
    return features(question="how do I export data", context="", passages=passages, best_sentence=0.8)


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
