import dataclasses
import uuid

import pytest
from django.core.management import CommandError, call_command
from haystack.document_stores.types import DuplicatePolicy

from knowledge.errors import RebuildIncompleteError
from knowledge.models import Article, Passage
from knowledge.services import articles, ingestion, passages, rebuilding
from knowledge.services.search import search
from knowledge.tests.factories import publish_text
from supportai.core.actors import SYSTEM

pytestmark = pytest.mark.django_db

EXPORT = ("Export your data", "## CSV\n\nOpen **Reports** and choose Export to get a CSV file of everything.")


def stored_ids(store):
    return set(store.document_ids())


def test_a_rebuild_gives_what_indexing_gave(store):
    publish_text(*EXPORT)
    publish_text("Other", "Another text.")
    ingestion.index_waiting()
    before = stored_ids(store)
    store.delete_documents(list(before)[:1])
    sizes = []
    assert rebuilding.rebuild_store(sizes.append) == 2
    assert stored_ids(store) == before
    assert sizes == [2]


def test_what_is_not_published_is_left_out(store):
    article = publish_text(*EXPORT)
    ingestion.index_articles([article.pk])
    Article.objects.filter(pk=article.pk).update(state=Article.State.DRAFT)
    assert rebuilding.rebuild_store() == 0
    assert store.count_documents() == 0


def test_articles_can_be_cut_anew_and_keep_their_passages_ids(store):
    article = publish_text(*EXPORT)
    ingestion.index_articles([article.pk])
    before = Passage.objects.get()
    Passage.objects.update(heading="stale")
    rebuilding.rebuild_store(is_split_again=True)
    after = Passage.objects.get()
    assert (after.heading, after.public_id) == ("CSV", before.public_id)
    assert search(query="CSV file of everything")[0].heading == "CSV"


def during_fill(monkeypatch, change):
    """Let something happen after the new store was filled and before it is put to use."""
    fill = rebuilding.fill

    def filled(target, on_batch, **options):
        count = fill(target, on_batch, **options)
        change()
        return count

    monkeypatch.setattr(rebuilding, "fill", filled)


def test_what_is_published_archived_or_revised_meanwhile_counts(store, monkeypatch):
    kept, gone, changed = (publish_text(title, f"Text about {title}.") for title in ("Kept", "Gone", "Changed"))
    ingestion.index_waiting()

    def change():
        new = publish_text("New", "Text about New.")
        articles.archive_article(article_id=gone.pk)
        articles.revise_article(article_id=changed.pk, title="Changed", body="A new text.", actor=SYSTEM)
        ingestion.index_articles([new.pk, gone.pk, changed.pk])

    during_fill(monkeypatch, change)
    rebuilding.rebuild_store()
    contents = {document.content for document in store.filter_documents()}
    assert contents == {"Text about Kept.", "Text about New.", "A new text."}
    assert kept.is_published


def test_a_change_between_the_last_look_and_the_switch_counts_too(store, monkeypatch):
    article = publish_text(*EXPORT)
    ingestion.index_waiting()
    verify = rebuilding.verify

    def archived_after_it(target, seen, **options):
        count = verify(target, seen, **options)
        articles.archive_article(article_id=article.pk)
        ingestion.index_articles([article.pk])
        return count

    monkeypatch.setattr(rebuilding, "verify", archived_after_it)
    rebuilding.rebuild_store()
    assert store.count_documents() == 0


def test_a_rebuild_that_breaks_leaves_searches_as_they_were(store, monkeypatch):
    publish_text(*EXPORT)
    ingestion.index_waiting()

    def broken():
        raise OSError("disk full")

    during_fill(monkeypatch, broken)
    with pytest.raises(OSError, match="disk full"):
        rebuilding.rebuild_store()
    assert search(query="CSV file of everything")


def losing_writes(monkeypatch, store, *, from_call=0):
    """Let the store say that it wrote what it did not."""
    write, calls = type(store).write_documents, []

    def lossy(self, documents, *args, **options):
        calls.append(1)
        kept = documents if len(calls) <= from_call else documents[1:]
        write(self, kept, *args, **options)
        return len(documents)

    monkeypatch.setattr(type(store), "write_documents", lossy)


def test_a_store_that_lost_something_is_not_put_to_use(store, monkeypatch):
    for number in range(3):
        publish_text(f"Article {number}", f"A text about number {number}.")
    ingestion.index_waiting()
    before = stored_ids(store)
    losing_writes(monkeypatch, store)
    with pytest.raises(RebuildIncompleteError, match="lacks 1 of 3 passages and holds 0 too many"):
        rebuilding.rebuild_store()
    assert stored_ids(store) == before
    monkeypatch.undo()
    assert len(search(query="text about number")) == 3


def test_a_passage_too_many_is_noticed_before_it_is_put_to_use(store, monkeypatch):
    publish_text(*EXPORT)
    ingestion.index_waiting()
    fill = rebuilding.fill

    def filled(target, on_batch, **options):
        fill(target, on_batch, **options)
        assert len(target.store.document_ids()) == 1
        document = target.store.filter_documents()[0]
        target.store.write_documents([dataclasses.replace(document, id=str(uuid.uuid4()))], DuplicatePolicy.OVERWRITE)

    monkeypatch.setattr(rebuilding, "fill", filled)
    with pytest.raises(RebuildIncompleteError, match="lacks 0 of 1 passages and holds 1 too many"):
        rebuilding.rebuild_store()


def test_the_command_says_that_nothing_was_changed(store, monkeypatch):
    publish_text(*EXPORT)
    ingestion.index_waiting()
    losing_writes(monkeypatch, store)
    with pytest.raises(CommandError, match="Nothing was changed: The new index lacks 1 of 1"):
        call_command("reindex", verbosity=0)


def test_a_rebuild_that_was_killed_loses_nothing_and_the_next_one_completes_it(store):
    for number in range(3):
        publish_text(f"Article {number}", f"A text about number {number}.")
    ingestion.index_waiting()
    before = stored_ids(store)
    # What a killed process leaves: a store that was begun and neither completed nor cleaned up.
    left = store.rebuilding()
    begun = left.__enter__()
    begun.write_documents(store.filter_documents()[:1], DuplicatePolicy.OVERWRITE)
    assert len(search(query="text about number")) == 3
    assert rebuilding.rebuild_store() == 3
    assert stored_ids(store) == before
    assert len(search(query="text about number")) == 3


def test_the_delete_wins_over_a_write_that_another_worker_finishes_late(store, monkeypatch):
    """The second worker archives and marks the article while the first still writes what it was."""
    article = publish_text(*EXPORT)
    write, calls = passages.write_passages, []

    def slow(live, target, **options):
        if live and not calls:
            calls.append(1)
            articles.archive_article(article_id=article.pk)
            ingestion.index_articles([article.pk])
        return write(live, target, **options)

    monkeypatch.setattr(passages, "write_passages", slow)
    ingestion.index_articles([article.pk])
    assert store.count_documents() == 0
    article.refresh_from_db()
    assert article.is_index_current
