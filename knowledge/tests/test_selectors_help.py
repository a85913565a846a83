from datetime import timedelta

import pytest

from knowledge import selectors_help
from knowledge.errors import ArticleNotFoundError
from knowledge.models import Article, Category
from knowledge.services import articles, feedback
from knowledge.tests.factories import publish_text
from supportai.core import clock

pytestmark = pytest.mark.django_db


def hidden_articles():
    """Make one article of each kind that nobody but staff may see."""
    publish_text("Rules", "x", slug="rules", audience="staff", product="Team")
    publish_text("Over", "x", slug="over", product="Team", valid_until=clock.today() - timedelta(days=1))
    articles.create_article(title="Draft", body="x", slug="draft", product="Team", actor=articles.SYSTEM)
    for state in (Article.State.DRAFT, Article.State.IN_REVIEW, Article.State.STALE):
        made = publish_text(f"Was {state}", "x", slug=f"was-{state}", product="Team")
        articles.withdraw_article(article_id=made.pk, state=state)
    articles.archive_article(article_id=publish_text("Old", "x", slug="old", product="Team").pk)


def test_what_is_not_for_everybody_is_on_no_page_list_or_shelf():
    shown = publish_text("Export", "x", slug="export", product="Team", valid_until=clock.today())
    hidden_articles()
    shelf = Category.objects.get(name="Team")
    assert list(selectors_help.readable()) == [shown]
    assert [list(entry.articles) for entry in selectors_help.shelves()] == [[shown]]
    assert list(selectors_help.articles_on(shelf)) == [shown]
    assert selectors_help.related_articles(shown) == []
    assert list(selectors_help.articles_by_age()) == [shown]
    for slug in ("rules", "over", "draft", "was-draft", "was-in_review", "was-stale", "old", "missing"):
        with pytest.raises(ArticleNotFoundError):
            selectors_help.public_page(slug)


def test_shelves_come_in_their_order_and_what_stands_on_none_last(django_assert_num_queries):
    for number in range(3):
        publish_text(f"Bill {number}", "x", product="Billing")
    publish_text("Lone", "x")
    publish_text("Team", "x", product="Team")
    Category.objects.filter(name="Team").update(position=1)
    with django_assert_num_queries(1):
        shelves = selectors_help.shelves(per_shelf=2)
    assert [(s.category and s.category.name, len(s.articles), s.total) for s in shelves] == [
        ("Team", 1, 1),
        ("Billing", 2, 3),
        (None, 1, 1),
    ]


def test_related_pages_share_the_shelf_and_words_of_the_title_count():
    first = publish_text("Cancel an invoice", "x", product="Billing")
    like = publish_text("Send an invoice again", "x", product="Billing")
    other = publish_text("Taxes", "x", product="Billing")
    publish_text("Invoice the team", "x", product="Team")
    assert selectors_help.related_articles(first) == [like, other]


def test_a_page_is_given_in_each_language_that_readers_have():
    first = publish_text("Export", "x", slug="export")
    german = publish_text("Exportieren", "x", slug="exportieren", language="de", translation_of=first)
    publish_text("Exporter", "x", language="fr", translation_of=first, audience="staff")
    assert selectors_help.translations_of(german) == selectors_help.translations_of(first) == [german, first]
    assert selectors_help.overview().languages == ("de", "en")


def test_votes_are_counted_by_what_they_say():
    article = publish_text("Export", "x")
    for visitor, is_helpful in (("a", True), ("b", True), ("c", False)):
        feedback.give_feedback(article=article, visitor=visitor, address="", is_helpful=is_helpful)
    votes = selectors_help.votes_on(article)
    assert (votes.helped, votes.did_not, votes.total) == (2, 1, 3)
