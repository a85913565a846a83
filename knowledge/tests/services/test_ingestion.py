from datetime import timedelta

import pytest

from knowledge import tasks
from knowledge.documents import ImportedDocument, ImportFailure
from knowledge.errors import SearchUnavailableError
from knowledge.models import Article, Passage, Source
from knowledge.services import articles, ingestion, passages
from knowledge.services.importing import import_documents
from knowledge.services.search import search
from knowledge.tests.factories import publish_text
from supportai.core import clock
from supportai.core.actors import SYSTEM

pytestmark = pytest.mark.django_db

EXPORT = ("Export your data", "## CSV\n\nOpen **Reports** and choose Export to get a CSV file of everything.")


def documents(*pairs):
    return [ImportedDocument(external_id=str(n), title=title, body=body) for n, (title, body) in enumerate(pairs)]


def stored_ids(store):
    return set(store.document_ids())


def test_importing_publishes_articles_and_tells_what_happened(store):
    bad = ImportFailure("broken.md", "not text")
    report = import_documents(documents=[*documents(EXPORT, ("Empty", " ")), bad], source_name="Docs")
    assert (report.created, report.updated, report.unchanged, report.total) == (1, 0, 0, 3)
    assert [failure.document for failure in report.failures] == ["1", "broken.md"]
    assert Article.objects.get().is_published


def test_importing_again_changes_only_what_changed(store):
    import_documents(documents=documents(EXPORT, ("Other", "Text.")), source_name="Docs")
    again = import_documents(documents=documents(EXPORT, ("Other", "New text.")), source_name="Docs")
    assert (again.created, again.updated, again.unchanged) == (0, 1, 1)
    assert Article.objects.count() == 2


def test_an_import_does_not_bring_back_what_a_person_archived(store):
    import_documents(documents=documents(EXPORT), source_name="Docs")
    articles.archive_article(article_id=Article.objects.get().pk)
    again = import_documents(documents=documents((EXPORT[0], "New.")), source_name="Docs")
    assert again.kept == 1
    assert Article.objects.get().state == Article.State.ARCHIVED


def test_the_same_id_in_two_sources_is_two_articles(store):
    import_documents(documents=documents(EXPORT), source_name="One")
    import_documents(documents=documents(EXPORT), source_name="Two")
    assert Article.objects.count() == 2


def test_indexing_cuts_passages_that_stand_in_the_text(store):
    article = publish_text(*EXPORT)
    assert ingestion.index_articles([article.pk]) == 1
    passage = Passage.objects.get()
    assert passage.body == article.current_revision.body[passage.start : passage.end]
    assert passage.heading == "CSV"
    assert stored_ids(store) == {str(passage.public_id)}


def test_indexing_twice_does_nothing_more(store):
    article = publish_text(*EXPORT)
    ingestion.index_articles([article.pk])
    assert ingestion.index_articles([article.pk]) == 0
    assert Passage.objects.count() == 1


def test_a_new_revision_replaces_the_passages_of_the_old_one(store):
    article = publish_text(*EXPORT)
    ingestion.index_articles([article.pk])
    articles.revise_article(article_id=article.pk, title=EXPORT[0], body="Choose Download.", actor=SYSTEM)
    ingestion.index_articles([article.pk])
    assert [document.content for document in store.filter_documents()] == ["Choose Download."]


def test_an_archived_article_leaves_the_store(store):
    article = publish_text(*EXPORT)
    ingestion.index_articles([article.pk])
    articles.archive_article(article_id=article.pk)
    ingestion.index_articles([article.pk])
    assert store.count_documents() == 0


def test_the_delete_wins_when_it_comes_while_indexing_runs(store, monkeypatch):
    article = publish_text(*EXPORT)
    write = passages.write_passages

    def archived_meanwhile(live, target):
        kept = write(live, target)
        if Article.objects.get(pk=article.pk).is_published:
            articles.archive_article(article_id=article.pk)
        return kept

    monkeypatch.setattr(passages, "write_passages", archived_meanwhile)
    ingestion.index_articles([article.pk])
    assert store.count_documents() == 0
    article.refresh_from_db()
    assert article.is_index_current


def test_an_archived_article_is_not_found_even_before_the_store_follows(store):
    article = publish_text(*EXPORT)
    ingestion.index_articles([article.pk])
    assert search(query="export data as CSV")
    articles.archive_article(article_id=article.pk)
    assert store.count_documents() == 1
    assert search(query="export data as CSV") == []


def test_publishing_indexes_through_event_and_task(store, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        article = publish_text(*EXPORT)
    article.refresh_from_db()
    assert article.is_index_current
    assert store.count_documents() == 1


def test_a_failure_is_written_down_and_shown_at_the_source(store, monkeypatch):
    import_documents(documents=documents(EXPORT), source_name="Docs")

    def broken(*_args):
        raise OSError("disk full")

    monkeypatch.setattr(passages, "write_passages", broken)
    tasks.index_articles.call_local([Article.objects.get().pk])
    article, source = Article.objects.get(), Source.objects.get()
    assert article.index_failure == "OSError: disk full"
    assert (source.state, source.failure) == (Source.State.FAILED, "Export your data: OSError: disk full")


def test_a_store_that_is_down_is_waited_for_however_long_it_takes(store, monkeypatch):
    article = publish_text(*EXPORT)
    write = passages.write_passages

    def down(*_args):
        raise SearchUnavailableError("Elasticsearch does not answer.")

    monkeypatch.setattr(passages, "write_passages", down)
    for _attempt in range(ingestion.MAX_ATTEMPTS + 2):
        tasks.index_articles.call_local([article.pk])
    article.refresh_from_db()
    assert (article.index_attempts, article.index_failure) == (3, "Elasticsearch does not answer.")
    monkeypatch.setattr(passages, "write_passages", write)
    with clock.moved(timedelta(minutes=2)):
        assert tasks.enqueue_due_articles() == 1
    article.refresh_from_db()
    assert article.is_index_current


def test_the_sweep_indexes_what_was_lost(store):
    article = publish_text(*EXPORT)
    assert tasks.enqueue_due_articles() == 0
    with clock.moved(timedelta(seconds=30)):
        assert tasks.enqueue_due_articles() == 1
    article.refresh_from_db()
    assert article.is_index_current


def test_the_sweep_waits_longer_after_each_failure_and_gives_up_in_the_end(store):
    article = publish_text(*EXPORT)
    Article.objects.filter(pk=article.pk).update(index_attempts=2)
    with clock.moved(timedelta(seconds=30)):
        assert ingestion.due_articles() == []
    with clock.moved(timedelta(seconds=60)):
        assert ingestion.due_articles() == [article.pk]
    Article.objects.filter(pk=article.pk).update(index_attempts=ingestion.MAX_ATTEMPTS)
    with clock.moved(timedelta(days=1)):
        assert ingestion.due_articles() == []


def test_a_source_is_indexed_once_all_its_articles_are(store):
    import_documents(documents=documents(EXPORT), source_name="Docs")
    assert Source.objects.get().state == Source.State.PENDING
    assert ingestion.index_waiting() == 1
    assert Source.objects.get().state == Source.State.INDEXED
