import pytest

from accounts.tests.factories import UserFactory
from knowledge import selectors
from knowledge.errors import ArticleNotFoundError
from knowledge.models import Suggestion
from knowledge.services import articles, learning
from knowledge.tests.factories import ObservationFactory, SuggestionFactory, publish_text
from supportai.core.actors import Actor

pytestmark = pytest.mark.django_db


def test_the_help_center_shows_only_what_everybody_may_read():
    public = publish_text("Export", "x")
    publish_text("Rules", "x", audience="staff")
    gone = publish_text("Old", "x")
    articles.archive_article(article_id=gone.pk)
    assert list(selectors.public_articles()) == [public]
    for slug in ("rules", "old", "missing"):
        with pytest.raises(ArticleNotFoundError):
            selectors.public_article(slug)


def test_sections_come_by_size_and_nameless_ones_last(django_assert_max_num_queries):
    for number in range(3):
        publish_text(f"Bill {number}", "x", product="Billing")
    publish_text("Lone", "x")
    publish_text("Team", "x", product="Team")
    with django_assert_max_num_queries(4):
        sections = selectors.articles_by_section(per_section=2)
    assert [(name, len(shown), count) for name, shown, count in sections] == [
        ("Billing", 2, 3),
        ("Team", 1, 1),
        ("", 1, 1),
    ]


def test_related_articles_share_the_section():
    first, second = publish_text("A", "x", product="Team"), publish_text("B", "x", product="Team")
    publish_text("C", "x", product="Billing")
    assert list(selectors.related_articles(first)) == [second]


def test_what_was_seen_most_waits_first():
    rare, often = SuggestionFactory(), SuggestionFactory(support_count=3)
    ObservationFactory(suggestion=often)
    assert list(selectors.waiting_suggestions()) == [often, rare]


def test_decided_suggestions_leave_the_waiting_list():
    actor = Actor.staff(UserFactory().pk)
    approved, rejected = SuggestionFactory(), SuggestionFactory(title="Other")
    learning.approve(suggestion_id=approved.pk, actor=actor)
    learning.reject(suggestion_id=rejected.pk, actor=actor)
    assert not selectors.waiting_suggestions().exists()
    assert list(selectors.learned_articles()) == [approved]
    assert set(selectors.decided_suggestions()) == {approved, rejected}
    counts = selectors.suggestion_counts()
    assert (counts["approved"], counts["rejected"], counts["open"]) == (1, 1, 0)
    assert set(counts) == set(Suggestion.State.values)
