import pytest
from django.db import IntegrityError, transaction

from accounts.tests.factories import UserFactory
from knowledge.errors import ArticleArchivedError, ArticleNotFoundError, EmptyArticleError, SlugTakenError
from knowledge.models import Article
from knowledge.services import articles
from knowledge.tests.factories import DraftFactory, publish_text
from supportai.core.actors import SYSTEM, Actor
from supportai.core.models import OutboxEvent

pytestmark = pytest.mark.django_db


def announced():
    return list(OutboxEvent.objects.order_by("pk").values_list("name", flat=True))


def test_a_new_article_is_a_draft_with_its_first_revision():
    article = articles.create_article(title=" Export  data ", body="Open it.\r\n", actor=SYSTEM)
    revision = article.revisions.get()
    assert (article.title, article.slug, article.state) == ("Export data", "export-data", Article.State.DRAFT)
    assert (revision.number, revision.body) == (1, "Open it.")
    assert announced() == []


def test_publishing_shows_the_latest_revision_and_announces_it_once():
    article = articles.create_article(title="Export", body="Open it.", actor=SYSTEM)
    articles.publish_article(article_id=article.pk)
    articles.publish_article(article_id=article.pk)
    article.refresh_from_db()
    assert article.is_published
    assert article.current_revision == article.revisions.get()
    assert announced() == ["knowledge.events.ArticlePublished"]
    assert not article.is_index_current


def test_the_same_text_again_makes_no_revision():
    article = publish_text("Export", "Open it.")
    articles.revise_article(article_id=article.pk, title="Export", body="Open it.", actor=SYSTEM)
    assert article.revisions.count() == 1
    assert len(announced()) == 1


def test_a_changed_text_is_a_new_revision_that_readers_see():
    article = publish_text("Export", "Open it.")
    changed = articles.revise_article(
        article_id=article.pk, title="Export data", body="Open that.", actor=Actor.staff(UserFactory().pk)
    )
    assert changed.title == "Export data"
    assert changed.current_revision.author is not None
    assert changed.current_revision.number == 2
    assert article.revisions.count() == 2


def test_a_draft_text_waits_until_it_is_published():
    article = publish_text("Export", "Open it.")
    articles.revise_article(article_id=article.pk, title="Export", body="New.", actor=SYSTEM, is_published=False)
    article.refresh_from_db()
    assert article.current_revision.body == "Open it."
    assert articles.publish_article(article_id=article.pk).current_revision.body == "New."


def test_archiving_takes_it_away_and_announces_it_once():
    article = publish_text("Export", "Open it.")
    articles.archive_article(article_id=article.pk)
    articles.archive_article(article_id=article.pk)
    assert announced()[1:] == ["knowledge.events.ArticleArchived"]


def test_an_archived_article_is_neither_changed_nor_published_until_it_is_restored():
    article = publish_text("Export", "Open it.")
    articles.archive_article(article_id=article.pk)
    with pytest.raises(ArticleArchivedError):
        articles.revise_article(article_id=article.pk, title="Export", body="New.", actor=SYSTEM)
    with pytest.raises(ArticleArchivedError):
        articles.publish_article(article_id=article.pk)
    assert articles.restore_article(article_id=article.pk).state == Article.State.DRAFT
    assert articles.publish_article(article_id=article.pk).is_published


@pytest.mark.parametrize(("title", "body"), [("", "text"), ("  ", "text"), ("title", ""), ("title", " \n ")])
def test_an_article_needs_a_title_and_a_text(title, body):
    with pytest.raises(EmptyArticleError):
        articles.create_article(title=title, body=body, actor=SYSTEM)
    assert not Article.objects.exists()


def test_titles_that_are_alike_get_slugs_of_their_own():
    slugs = [articles.create_article(title="Export data!", body="x", actor=SYSTEM).slug for _ in range(3)]
    assert slugs == ["export-data", "export-data-2", "export-data-3"]


@pytest.mark.parametrize(("title", "slug"), [("Search", "search-2"), ("日本", "article"), ("a" * 400, "a" * 190)])
def test_every_title_gets_a_usable_slug(title, slug):
    assert articles.create_article(title=title, body="x", actor=SYSTEM).slug == slug


def test_a_given_slug_has_to_be_free():
    publish_text("Export", "Open it.", slug="export")
    with pytest.raises(SlugTakenError):
        articles.create_article(title="Other", body="x", actor=SYSTEM, slug="export")
    with pytest.raises(SlugTakenError):
        articles.create_article(title="Other", body="x", actor=SYSTEM, slug="search")


def test_a_new_audience_has_to_reach_the_document_store():
    article = publish_text("Export", "Open it.")
    before = article.index_version
    changed = articles.describe_article(article_id=article.pk, audience="staff", language="en")
    assert changed.index_version == before + 1
    assert len(announced()) == 2
    assert articles.describe_article(article_id=article.pk, audience="staff").index_version == before + 1


def test_an_unknown_article_is_refused():
    with pytest.raises(ArticleNotFoundError):
        articles.publish_article(article_id=0)
    with pytest.raises(ArticleNotFoundError):
        articles.archive_article(article_id=0)


def test_an_article_without_text_cannot_be_published():
    with pytest.raises(ArticleNotFoundError):
        articles.publish_article(article_id=DraftFactory().pk)


def test_the_database_holds_that_published_means_a_revision():
    article = DraftFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.filter(pk=article.pk).update(state=Article.State.PUBLISHED)
