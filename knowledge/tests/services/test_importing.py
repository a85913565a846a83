import pytest

from accounts.tests.factories import UserFactory
from knowledge.documents import ImportedDocument, ImportFailure
from knowledge.models import Article, Source
from knowledge.services import articles, sources
from knowledge.services.importing import import_documents
from knowledge.tests.factories import SourceFactory
from knowledge.tests.services.importing_helpers import State, bring, document, made, states
from supportai.core.actors import SYSTEM, Actor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


# --- What becomes of each document -------------------------------------------------------------


def test_each_document_has_a_row_with_its_state_and_its_article():
    report = bring(*made("a", "b"), ImportFailure("c.pdf", "It is broken."))
    assert (report.created, report.failed, report.total) == (2, 1, 3)
    assert states() == {"a": State.IMPORTED, "b": State.IMPORTED, "c.pdf": State.FAILED}
    assert document("a").article.title == "A"
    assert document("c.pdf").reason == "It is broken."
    again = bring(*made("a", "b", "c.pdf"))
    assert (again.created, again.unchanged) == (1, 2)
    assert states() == {"a": State.UNCHANGED, "b": State.UNCHANGED, "c.pdf": State.IMPORTED}


def test_a_document_that_cannot_be_read_any_more_keeps_its_article():
    bring(*made("a", "b"))
    bring(*made("a"), ImportFailure("b", "It is broken now."))
    assert document("b").state == State.FAILED
    assert document("b").article.is_published


def test_a_text_that_a_person_edited_is_kept_and_the_document_says_so():
    bring(*made("a"))
    article = document("a").article
    author = UserFactory()
    articles.revise_article(article_id=article.pk, title="A", body="Better words.", actor=Actor.staff(author.pk))
    same = bring(*made("a"))
    assert (same.kept, document("a").state) == (1, State.KEPT)
    assert document("a").reason == "Edited here since the last import; the text here stays."
    bring(*made("a", text="Now different."))
    article.refresh_from_db()
    assert article.current_revision.body == "Better words."
    assert "the document has changed too" in document("a").reason


def test_an_edited_article_follows_again_once_the_imported_text_is_restored():
    bring(*made("a"))
    article = document("a").article
    for body in ("Better words.", "a: Open Reports and export."):
        articles.revise_article(article_id=article.pk, title="A", body=body, actor=SYSTEM)
    assert bring(*made("a", text="Now different.")).updated == 1
    article.refresh_from_db()
    assert article.current_revision.body == "a: Now different."


def test_a_persons_archive_and_a_persons_draft_are_left_as_they_are():
    bring(*made("a", "b"))
    archived, draft = document("a").article, document("b").article
    articles.archive_article(article_id=archived.pk)
    articles.archive_article(article_id=draft.pk)
    articles.restore_article(article_id=draft.pk)
    bring(*made("a", "b", text="Changed."))
    archived.refresh_from_db()
    draft.refresh_from_db()
    assert (archived.state, draft.state) == (Article.State.ARCHIVED, Article.State.DRAFT)
    assert document("a").reason == "Somebody archived the article, so the import leaves it archived."
    assert draft.revisions.count() == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ImportedDocument(external_id="x" * 601, title="X", body="x"), "longer than 600"),
        (ImportedDocument(external_id="x", title="X", body="a \ud800 b"), "cannot be stored"),
        (ImportedDocument(external_id="x", title="X", body=" "), "no text"),
    ],
)
def test_what_cannot_be_stored_fails_alone(bad, reason):
    report = bring(bad, *made("a"))
    assert (report.created, report.failed) == (1, 1)
    assert reason in report.failures[0].reason


def test_two_documents_with_one_id_in_one_import_are_not_mixed_up():
    report = bring(*made("a"), *made("a", text="Another."))
    assert (report.created, report.failed) == (1, 1)
    assert "same path or id" in report.failures[0].reason


def test_an_article_of_before_there_were_rows_is_taken_over():
    source = SourceFactory(name="Docs")
    article = articles.create_article(
        title="A", body="Old.", actor=SYSTEM, is_published=True, source=source, external_id="a"
    )
    assert bring(*made("a")).updated == 1
    assert document("a").article == article


def test_odd_languages_and_long_sections_do_not_stop_an_import():
    bring(ImportedDocument(external_id="a", title="A", body="x", language="English (US)", product="p" * 200))
    article = document("a").article
    assert (article.language, len(article.product)) == ("en", 80)


# --- What is gone ------------------------------------------------------------------------------


def test_a_document_that_is_gone_archives_its_article_and_comes_back_with_it():
    bring(*made("a", "b", "c"))
    assert bring(*made("a", "b")).archived == 1
    assert (document("c").state, document("c").article.state) == (State.GONE, Article.State.ARCHIVED)
    assert bring(*made("a", "b", "c", text="Back.")).updated == 3
    assert document("c").article.is_published


def test_a_persons_archive_is_not_undone_when_a_document_goes_and_comes_back():
    bring(*made("a", "b", "c"))
    articles.archive_article(article_id=document("c").article.pk)
    bring(*made("a", "b"))
    bring(*made("a", "b", "c"))
    assert document("c").article.state == Article.State.ARCHIVED


@pytest.mark.parametrize("left", [(), ("a",)])
def test_nothing_is_archived_when_most_is_gone_until_a_person_says_so(left):
    bring(*made("a", "b", "c", "d"))
    report = bring(*made(*left))
    assert report.archived == 0
    assert "Nothing was archived" in report.warning
    source = Source.objects.get()
    assert source.state == Source.State.STALE
    assert Article.objects.filter(state=Article.State.PUBLISHED).count() == 4
    assert document("d").state == State.MISSING
    assert sources.archive_missing(source_id=source.pk) == 4 - len(left)
    source.refresh_from_db()
    assert source.state != Source.State.STALE


def test_another_folder_of_the_source_is_not_touched():
    bring(*made("a", "b", "c"))
    import_documents(documents=[("other", item) for item in made("x")], source_name="Docs", complete=["other"])
    assert Article.objects.filter(state=Article.State.PUBLISHED).count() == 4


def test_of_a_file_with_bad_rows_nothing_is_archived():
    bring(*made("a", "b", "c"))
    bring(*made("a", "b"), ImportFailure("faq.csv, line 3", "The answer is empty.", is_part=True))
    assert document("c").article.is_published


def test_pruning_archives_all_that_is_not_there():
    bring(*made("a", "b", "c"))
    assert bring(*made("a"), complete=[], is_loss_accepted=True).archived == 2


def test_a_failure_that_is_gone_leaves_no_row():
    bring(*made("a"), ImportFailure("b", "Broken."))
    bring(*made("a"))
    assert states() == {"a": State.UNCHANGED}


# --- Settings that articles follow -------------------------------------------------------------


def test_articles_follow_their_source_unless_somebody_decided_otherwise():
    bring(*made("a", "b"))
    source, other = Source.objects.get(), document("b").article
    articles.describe_article(article_id=other.pk, product="By hand")
    before = {"audience": source.audience, "language": source.language, "product": source.product}
    Source.objects.filter(pk=source.pk).update(audience="staff", product="Help")
    sources.pass_on_settings(source_id=source.pk, before=before)
    found = dict(Article.objects.values_list("title", "product"))
    assert found == {"A": "Help", "B": "By hand"}
    assert set(Article.objects.values_list("audience", flat=True)) == {"staff"}
