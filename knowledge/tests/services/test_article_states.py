from datetime import timedelta

import pytest

from accounts.tests.factories import UserFactory
from knowledge import tasks
from knowledge.errors import ArticleArchivedError, ArticleEndedError, ArticleNotFoundError
from knowledge.models import Article, Category
from knowledge.services import articles, ingestion
from knowledge.services.search import search
from knowledge.tests.factories import publish_text
from supportai.core import clock
from supportai.core.actors import SYSTEM, Actor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [Article.State.DRAFT, Article.State.IN_REVIEW, Article.State.STALE])
def test_a_withdrawn_article_is_found_by_nobody_until_it_is_published_again(store, state):
    article = publish_text("Export your data", "Open Reports and choose Export.")
    ingestion.index_waiting()
    assert store.count_documents() == 1
    articles.withdraw_article(article_id=article.pk, state=state)
    assert search(query="export my data", audience="staff") == []
    ingestion.index_waiting()
    assert store.count_documents() == 0
    articles.publish_article(article_id=article.pk)
    ingestion.index_waiting()
    assert search(query="export my data")[0].article_id == article.pk


def test_an_article_is_not_withdrawn_to_what_is_no_such_state():
    article = publish_text("Export", "x")
    with pytest.raises(ValueError, match="not withdrawn to published"):
        articles.withdraw_article(article_id=article.pk, state=Article.State.PUBLISHED)
    articles.archive_article(article_id=article.pk)
    with pytest.raises(ArticleArchivedError):
        articles.withdraw_article(article_id=article.pk, state=Article.State.DRAFT)


def test_what_has_ended_is_not_found_though_the_store_still_holds_it(store):
    article = publish_text("Spring sale", "The spring sale takes 20 percent off.", valid_until=clock.today())
    publish_text("Prices", "The plan Pro costs 29 dollars.")
    ingestion.index_waiting()
    assert search(query="spring sale")[0].article_id == article.pk
    with clock.moved(timedelta(days=1)):
        assert article.pk not in {passage.article_id for passage in search(query="spring sale", audience="staff")}
        assert store.count_documents() == 2


def test_the_end_is_a_filter_inside_the_query_of_the_store(store, monkeypatch):
    """With the rows out of the way, the store alone has to leave out what has ended."""
    publish_text("Spring sale", "The spring sale takes 20 percent off.", valid_until=clock.today())
    publish_text("Prices", "The plan Pro costs 29 dollars.")
    ingestion.index_waiting()
    monkeypatch.setattr(Article, "still_valid", staticmethod(lambda prefix="": articles_q()))
    with clock.moved(timedelta(days=1)):
        assert {passage.title for passage in search(query="spring sale")} == {"Prices"}
    assert {passage.title for passage in search(query="spring sale")} == {"Prices", "Spring sale"}


def articles_q():
    from django.db.models import Q

    return Q()


def test_a_product_narrows_the_search(store):
    publish_text("Export in Rota", "Open Rota and choose Export.", product="Rota")
    publish_text("Export in Pay", "Open Pay and choose Export.", product="Pay")
    ingestion.index_waiting()
    assert {passage.title for passage in search(query="export", product="Pay")} == {"Export in Pay"}


def test_the_sweep_marks_stale_what_has_ended():
    ended = publish_text("Sale", "x", valid_until=clock.today() - timedelta(days=1))
    lasting = publish_text("Prices", "x", valid_until=clock.today())
    assert tasks.withdraw_ended_articles() == 1
    ended.refresh_from_db()
    lasting.refresh_from_db()
    assert (ended.state, lasting.state) == (Article.State.STALE, Article.State.PUBLISHED)
    assert tasks.withdraw_ended_articles() == 0


def test_what_has_ended_is_not_published_again_before_it_gets_a_later_day():
    article = publish_text("Sale", "x", valid_until=clock.today() - timedelta(days=1))
    articles.withdraw_ended()
    with pytest.raises(ArticleEndedError):
        articles.publish_article(article_id=article.pk)
    articles.describe_article(article_id=article.pk, valid_until=None)
    assert articles.publish_article(article_id=article.pk).is_published


def test_an_earlier_text_comes_back_as_a_new_revision():
    article = publish_text("Export", "First.")
    articles.revise_article(article_id=article.pk, title="Export", body="Second.", actor=SYSTEM)
    back = articles.bring_back_revision(article_id=article.pk, number=1, actor=SYSTEM)
    assert [(r.number, r.body) for r in back.revisions.order_by("number")] == [
        (1, "First."),
        (2, "Second."),
        (3, "First."),
    ]
    assert back.current_revision.number == 3
    with pytest.raises(ArticleNotFoundError):
        articles.bring_back_revision(article_id=article.pk, number=9, actor=SYSTEM)


def test_an_earlier_text_of_a_draft_comes_back_as_a_draft():
    article = articles.create_article(title="Export", body="First.", actor=SYSTEM)
    articles.revise_article(article_id=article.pk, title="Export", body="Second.", actor=SYSTEM, is_published=False)
    back = articles.bring_back_revision(article_id=article.pk, number=1, actor=SYSTEM)
    assert (back.state, back.current_revision) == (Article.State.DRAFT, None)


def test_who_did_what_is_written_down_in_words():
    user = UserFactory()
    ana = Actor.staff(user.pk)
    article = publish_text("Export", "x")
    articles.describe_article(article_id=article.pk, actor=ana, audience="staff", product="Team")
    articles.withdraw_article(article_id=article.pk, state=Article.State.STALE, actor=ana)
    articles.archive_article(article_id=article.pk, actor=ana)
    articles.restore_article(article_id=article.pk, actor=ana)
    changes = list(article.changes.order_by("pk"))
    assert [change.what for change in changes] == [
        "published revision 1",
        "changed audience from “public” to “staff”, category from nothing to “Team”, product from nothing to “Team”",
        "marked it stale",
        "archived it",
        "restored it as a draft",
    ]
    assert [change.person for change in changes] == [None, user, user, user, user]
    assert changes[0].actor_kind == "system"


def test_the_product_names_the_category_where_none_is_chosen():
    chosen = Category.objects.create(name="Money", slug="money")
    named = publish_text("Refunds", "x", product="Billing")
    same = publish_text("Receipts", "x", product="BILLING")
    own = publish_text("Taxes", "x", product="Billing", category=chosen)
    assert named.category == same.category
    assert (named.category.name, named.category.slug) == ("Billing", "billing")
    assert own.category == chosen
    assert publish_text("Lone", "x").category is None


def test_two_categories_never_share_an_address():
    first, second = (publish_text(name, "x", product=name).category for name in ("Ways & means", "Ways: means"))
    assert (first.slug, second.slug) == ("ways-means", "ways-means-2")
