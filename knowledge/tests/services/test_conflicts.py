"""Published passages that disagree: one counts, and staff are told."""

import pytest

from knowledge.services.answers import compose
from knowledge.tests.services.test_answers import passage

QUESTION = "How many days is an invitation valid?"
OLD = "An invitation is valid for 7 days after it was sent to the person."
NEW = "An invitation is valid for 14 days after it was sent to the person."


def said(*passages):
    answer = compose(question=QUESTION, passages=list(passages))
    return " ".join(sentence.text for sentence in answer.sentences), answer.conflict


def one(number, body, origin="article", dense=0.8):
    from dataclasses import replace

    return replace(passage(number, "Invitations", body, dense=dense), origin=origin)


def test_the_newest_article_counts():
    text, conflict = said(one(1, OLD, dense=0.82), one(2, NEW))
    assert "14 days" in text
    assert "7 days" not in text
    assert (conflict.kept_passage.passage_id, conflict.dropped_passage.passage_id) == (2, 1)
    assert conflict.why


@pytest.mark.parametrize(("better", "worse"), [("article", "crawl"), ("crawl", "learned"), ("article", "learned")])
def test_the_better_origin_counts_whatever_is_newer(better, worse):
    text, conflict = said(one(1, OLD, better), one(2, NEW, worse, dense=0.82))
    assert "7 days" in text
    assert conflict.dropped_passage.origin == worse


@pytest.mark.parametrize(
    "other",
    [
        OLD,
        "A link to reset the password is valid for 14 days after it was sent to the person.",
        "On Enterprise an invitation is valid for 14 days after it was sent to the person.",
        "An invitation takes 14 seconds to arrive after it was sent to the person.",
    ],
    ids=["the same", "another thing", "another plan", "another unit"],
)
def test_what_says_the_same_or_speaks_of_another_thing_is_no_conflict(other):
    _text, conflict = said(one(1, OLD, dense=0.82), one(2, other))
    assert conflict is None


def test_one_article_does_not_contradict_itself():
    from dataclasses import replace

    _text, conflict = said(one(1, OLD, dense=0.82), replace(one(2, NEW), article_id=1))
    assert conflict is None
