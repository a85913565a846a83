from datetime import timedelta

import pytest

from knowledge.models import ArticleFeedback
from knowledge.services import feedback
from knowledge.tests.factories import publish_text
from supportai.core import clock
from supportai.core.errors import TooManyRequestsError

pytestmark = pytest.mark.django_db


def vote(article, visitor="ana", address="192.0.2.1", **given):
    return feedback.give_feedback(article=article, visitor=visitor, address=address, **{"is_helpful": True} | given)


def test_a_reader_has_one_vote_which_may_change():
    article = publish_text("Export", "x")
    vote(article)
    vote(article, is_helpful=False, words="The menu is gone.")
    vote(article, visitor="ben")
    assert ArticleFeedback.objects.count() == 2
    hers = ArticleFeedback.objects.get(is_helpful=False)
    assert (hers.words, hers.revision) == ("The menu is gone.", article.current_revision)


def test_a_changed_vote_keeps_the_words():
    article = publish_text("Export", "x")
    vote(article, words="Too short.")
    assert vote(article, is_helpful=False).words == "Too short."


def test_nobody_can_be_told_from_what_is_stored():
    article = publish_text("Export", "x")
    given = vote(article, visitor="cookie", words="Write to ana@northwind.example, card 4242 4242 4242 4242")
    assert "cookie" not in given.visitor
    assert "ana@" not in given.words
    assert "4242" not in given.words


def test_words_are_cut_to_what_fits():
    assert len(vote(publish_text("Export", "x"), words="a\0b " * 5000).words) <= 1000


def test_an_address_cannot_vote_without_end(monkeypatch):
    monkeypatch.setattr(feedback, "VOTES_AN_HOUR", 2)
    article = publish_text("Export", "x")
    with clock.moved(timedelta(days=40)):
        vote(article, "a", "192.0.2.77")
        vote(article, "b", "192.0.2.77")
        with pytest.raises(TooManyRequestsError):
            vote(article, "c", "192.0.2.77")
        vote(article, "c", "192.0.2.78")
    assert ArticleFeedback.objects.count() == 3
